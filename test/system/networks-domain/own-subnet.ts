import { isBerthError } from '#base/errors.ts';
import type { Client } from '#client/client.ts';
import type { NetworkCreateRequest } from '#spec/docker-api/networks.ts';

const CHOICES = 512;

/**
 * Makes a network with a subnet that the test can name, of the addresses for measurements (RFC 2544), which no other run uses.
 *
 * @returns the first three numbers of its addresses: `198.18.7`
 */
export async function createWithSubnet(client: Client, request: NetworkCreateRequest): Promise<string> {
  const start = Math.floor(Math.random() * CHOICES);
  for (let i = 0; i < CHOICES; i++) {
    const number = (start + i) % CHOICES;
    const prefix = `198.${18 + Math.floor(number / 256)}.${number % 256}`;
    try {
      await client.networks.create({ ...request, IPAM: { Config: [{ Subnet: `${prefix}.0/24` }] } });
      return prefix;
    } catch (error) {
      if (!isBerthError(error) || !error.message.startsWith('Pool overlaps')) throw error;
    }
  }
  throw new Error('every subnet for tests is in use');
}

/** What a call is refused with. */
export async function refusal(call: () => Promise<unknown>): Promise<{ status: unknown; message: string }> {
  try {
    await call();
  } catch (error) {
    if (!isBerthError(error)) throw error;
    return { status: error.details['status'], message: error.message };
  }
  throw new Error('it was not refused');
}
