/**
 * What the resolver knows about one container: a small text file, written when the container starts and whenever it joins or
 * leaves a network or gets another name, removed by its keeper. Format: native/resolver/README.md.
 */

/** A container's place in one network, as its neighbours and itself look it up. */
export interface NameMembership {
  readonly networkId: string;
  readonly networkName: string;
  /** Names resolve here: a network that a user made. The default bridge only gives its way out. */
  readonly resolves: boolean;
  /** No way out: what is not known here is not asked elsewhere. */
  readonly internal: boolean;
  /** Without prefix lengths. */
  readonly addresses: readonly string[];
  /** Container name, aliases, short id; the first is the answer to reverse look-ups. */
  readonly names: readonly string[];
  /** Names that only this container knows others by (`--link`). */
  readonly links: Readonly<Record<string, string>>;
}

/** An upstream server of `--dns`. */
export interface NameServer {
  readonly address: string;
  /** On the container's own loopback device; the others are asked from the host's network. */
  readonly inside: boolean;
}

export interface NameRecord {
  /** 64 hexadecimal digits. */
  readonly containerId: string;
  /** A record of another boot is void. */
  readonly bootId: string;
  /** Servers of `--dns`; empty: those of the host. */
  readonly servers: readonly NameServer[];
  /** The user asked for `ndots` above 0: single-label names are not asked elsewhere. */
  readonly ndots: boolean;
  /** What `host.docker.internal` is for this container. */
  readonly hostAddresses: readonly string[];
  readonly memberships: readonly NameMembership[];
}

const FIRST_LINE = 'berth-names 1';
const LAST_LINE = 'end';

/** A word of the file: bytes that are no visible ASCII, and `%`, as `%xx`. */
function word(text: string): string {
  if (/^[!-$&-~]+$/.test(text)) return text;
  return [...Buffer.from(text)]
    .map((byte) =>
      byte > 0x20 && byte < 0x7f && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).padStart(2, '0')}`,
    )
    .join('');
}

function membershipLines(membership: NameMembership): string[] {
  const flags = [membership.resolves ? 'names' : '', membership.internal ? '' : 'out'].filter((flag) => flag !== '');
  return [
    ['network', membership.networkId, word(membership.networkName), ...flags].join(' '),
    ...membership.addresses.map((address) => `address ${address}`),
    ...unique(membership.names).map((name) => `name ${word(name)}`),
    ...Object.entries(membership.links).map(
      ([alias, target]) => `link ${word(alias.toLowerCase())} ${word(target.toLowerCase())}`,
    ),
  ];
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => name.toLowerCase()))].filter((name) => name !== '');
}

/** The text of a record's file. The last line tells a reader that it has all of it. */
export function nameRecordText(record: NameRecord): string {
  return [
    FIRST_LINE,
    `boot ${record.bootId}`,
    `container ${record.containerId}`,
    ...record.servers.map(({ address, inside }) => `server ${word(address)}${inside ? ' inside' : ''}`),
    ...(record.ndots ? ['ndots'] : []),
    ...record.hostAddresses.map((address) => `host ${address}`),
    ...record.memberships.flatMap(membershipLines),
    LAST_LINE,
    '',
  ].join('\n');
}
