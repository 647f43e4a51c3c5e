/** UDP has no end: who sends to a port before it is published, or was led to an earlier container, would go on to be led there. */
import { networkInterfaces } from 'node:os';
import { type Connection, forgetUdp } from '#sys/connections.ts';
import type { Publication } from '../firewall/elements.ts';
import { addressKey } from '../firewall/key.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** All of the host's addresses, as hexadecimal. */
function hostAddresses(): Set<string> {
  const texts = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  return new Set(texts.map((text) => hex(addressKey(text.split('%')[0]!))));
}

/** True for what a publication now leads elsewhere than it is led. */
export function isOutdatedFlow(
  { original, reply }: Connection,
  { range, address }: Publication,
  own: ReadonlySet<string>,
): boolean {
  const index = original.destinationPort - range.hostPort;
  if (range.protocol !== 'udp' || index < 0 || index >= range.count) return false;
  const isEverywhere = range.hostAddress === '0.0.0.0' || range.hostAddress === '::';
  const destination = hex(original.destination);
  if (isEverywhere ? !own.has(destination) : destination !== hex(addressKey(range.hostAddress))) return false;
  return hex(reply.source) !== hex(addressKey(address)) || reply.sourcePort !== range.containerPort + index;
}

/** Makes senders to UDP ports meet the container that has them now. Call when the ports are published. */
export async function forgetOutdatedFlows(publications: readonly Publication[]): Promise<void> {
  const own = hostAddresses();
  for (const family of ['ip', 'ip6'] as const) {
    const meant = publications.filter(
      ({ range }) => range.protocol === 'udp' && range.hostAddress.includes(':') === (family === 'ip6'),
    );
    if (meant.length === 0) continue;
    await forgetUdp(family, (connection) => meant.some((publication) => isOutdatedFlow(connection, publication, own)));
  }
}
