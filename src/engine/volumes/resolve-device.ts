import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { BerthError, messageOf } from '#base/errors.ts';
import type { DriverOptions } from './driver-options.ts';

/** File systems of a server: the kernel wants addresses, users write names. */
const REMOTE = ['nfs', 'nfs4', 'cifs', 'smb3'];

async function addressOf(volume: string, host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    return (await lookup(host)).address;
  } catch (cause) {
    throw new BerthError(
      'unavailable',
      'volume.address',
      `error while mounting volume '${volume}': error resolving passed in network volume address: lookup ${host}: ${messageOf(cause)}`,
      { cause },
    );
  }
}

/** The server in `server:/path`, `[v6]:/path` or `//server/share`. */
function serverOf(type: string, device: string): string | undefined {
  const match = type.startsWith('nfs')
    ? /^(?:\[([^\]]+)\]|([^:/]+)):/.exec(device)
    : /^(?:\/\/|\\\\)([^/\\]+)/.exec(device);
  return match?.[1] ?? match?.[2];
}

/**
 * What the kernel is given: the server's name becomes an address, as mount.nfs(8) and mount.cifs(8) do it.
 *
 * @param volume its directory, for messages
 * @throws unavailable when a name cannot be resolved
 */
export async function resolveDevice(
  volume: string,
  { type, device, o }: DriverOptions,
): Promise<{ device: string; o: readonly string[] }> {
  if (!REMOTE.includes(type)) return { device, o };
  const given = o.find((word) => word.startsWith('addr='))?.slice('addr='.length);
  const host = given ?? serverOf(type, device);
  if (host === undefined) return { device, o };
  const address = await addressOf(volume, host);
  const key = type.startsWith('nfs') ? 'addr' : 'ip';
  const others = o.filter((word) => !word.startsWith('addr=') && !word.startsWith('ip='));
  return { device, o: [...others, `${key}=${address}`] };
}
