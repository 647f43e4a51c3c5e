/** Driver options of one endpoint (`--network name=…,driver-opt=…`). */
import { BerthError } from '#base/errors.ts';

const SYSCTLS = 'com.docker.network.endpoint.sysctls';
const INTERFACE_NAME = 'com.docker.network.endpoint.ifname';

/** The longest name of an interface, in bytes (IFNAMSIZ - 1). */
export const INTERFACE_NAME_BYTES = 15;

/** What the kernel takes as the name of an interface (dev_valid_name), and what has no other meaning to programs. */
export function isInterfaceName(name: string): boolean {
  return /^[!-.0-9;-~]+$/.test(name) && name.length <= INTERFACE_NAME_BYTES && name !== '.' && name !== '..';
}

/**
 * The name that the container's end of an endpoint shall have.
 *
 * @returns undefined when nothing was said
 * @throws invalid for what the kernel would refuse
 */
export function wishedInterfaceName(options: Readonly<Record<string, string>>): string | undefined {
  const name = options[INTERFACE_NAME];
  if (name === undefined || isInterfaceName(name)) return name;
  throw new BerthError('invalid', 'network.interface-name', `invalid interface name: ${JSON.stringify(name)}`, {
    hint: `at most ${INTERFACE_NAME_BYTES} bytes, without spaces, "/" and ":"`,
  });
}

/**
 * Kernel settings of the endpoint's interface: `net.ipv4.conf.IFNAME.log_martians=1,…`.
 *
 * @returns settings by name, with IFNAME still in it
 * @throws invalid, in Docker's words, for settings that belong to no interface
 */
export function endpointSysctls(options: Readonly<Record<string, string>>): Record<string, string> {
  const text = options[SYSCTLS];
  if (text === undefined || text === '') return {};
  const settings: Record<string, string> = {};
  for (const entry of text.split(',')) {
    const refuse = (why: string) =>
      new BerthError('invalid', 'network.endpoint-sysctl', `failed to parse sysctl ${JSON.stringify(entry)}: ${why}`);
    const [name = '', value] = splitOnce(entry);
    if (value === undefined) throw refuse('missing value');
    // `net.ipv4.conf.IFNAME.forwarding`: the fourth word is the interface.
    const words = name.split('.');
    if (words.length !== 5 || words[0] !== 'net') throw refuse('sysctl must be "net.X.Y.IFNAME.Z"');
    if (!['ipv4', 'ipv6', 'mpls'].includes(words[1]!))
      throw refuse('sysctl must be in "net.ipv4", "net.ipv6" or "net.mpls"');
    if (!words.every((word) => /^[A-Za-z0-9_-]+$/.test(word))) throw refuse('unusable characters');
    // Docker's client makes small letters of what it reads.
    if (words[3]!.toUpperCase() !== 'IFNAME') throw refuse('sysctl must contain "IFNAME"');
    settings[[...words.slice(0, 3), 'IFNAME', words[4]].join('.')] = value;
  }
  return settings;
}

function splitOnce(entry: string): [string, string | undefined] {
  const at = entry.indexOf('=');
  return at < 0 ? [entry, undefined] : [entry.slice(0, at), entry.slice(at + 1)];
}
