/** What is wrong with the address configuration that a user gives a network, in the words of Docker's daemon. */
import { type Family, parseAddress } from '#base/ip-address.ts';
import { contains, formatSubnet, masked, overlaps, parseSubnet, type Subnet } from '#base/ip-subnet.ts';

/** One subnet as the user gives it; empty texts count as not given. */
export interface GivenSubnet {
  readonly subnet: string;
  readonly range: string;
  readonly gateway: string;
  readonly reserved: Readonly<Record<string, string>>;
}

const familyName = (family: Family): string => `IPv${family}`;

/** Addresses that no container can have, by what they are for (RFC 6890); a bridge with one would take them from the host. */
const SPECIAL: readonly (readonly [subnet: string, what: string])[] = [
  ['0.0.0.0/8', 'unspecified'],
  ['127.0.0.0/8', 'loopback'],
  ['224.0.0.0/4', 'multicast'],
  ['::/127', 'loopback'],
  ['fe80::/10', 'link-local'],
  ['ff00::/8', 'multicast'],
];

function specialComplaint(subnet: Subnet): string[] {
  const found = SPECIAL.find(([special]) => overlaps(parseSubnet(special)!, subnet));
  return found === undefined ? [] : [`invalid subnet ${formatSubnet(subnet)}: ${found[1]} addresses (${found[0]})`];
}

function hasHostBits(subnet: Subnet): boolean {
  return masked(subnet).value !== subnet.value;
}

function rangeComplaints(text: string, subnet: Subnet): string[] {
  if (text === '') return [];
  const range = parseSubnet(text);
  if (range === undefined) return [`invalid ip-range ${text}: invalid CIDR block notation`];
  if (range.family !== subnet.family) {
    return [`invalid ip-range ${text}: parent subnet is an ${familyName(subnet.family)} block`];
  }
  const parent = formatSubnet(subnet);
  const complaints: string[] = [];
  if (range.bits < subnet.bits) {
    complaints.push(`invalid ip-range ${text}: CIDR block is bigger than its parent subnet ${parent}`);
  }
  if (hasHostBits(range)) {
    complaints.push(`invalid ip-range ${formatSubnet(range)}: it should be ${formatSubnet(masked(range))}`);
  }
  if (!overlaps(subnet, range)) {
    complaints.push(`invalid ip-range ${text}: parent subnet ${parent} doesn't contain ip-range`);
  }
  return complaints;
}

function addressComplaint(text: string, subnet: Subnet): string | undefined {
  if (text === '') return undefined;
  const address = parseAddress(text);
  if (address === undefined) return 'invalid address';
  if (address.family !== subnet.family) return `parent subnet is an ${familyName(subnet.family)} block`;
  return contains(subnet, address) ? undefined : `parent subnet ${formatSubnet(subnet)} doesn't contain this address`;
}

function complaintsOf(given: GivenSubnet, families: readonly Family[]): string[] {
  const subnet = parseSubnet(given.subnet);
  if (subnet === undefined) return [`invalid subnet ${given.subnet}: invalid CIDR block notation`];
  // Docker only looks at what the network will use.
  if (!families.includes(subnet.family)) return [];
  const complaints: string[] = [];
  if (hasHostBits(subnet)) {
    complaints.push(`invalid subnet ${formatSubnet(subnet)}: it should be ${formatSubnet(masked(subnet))}`);
  }
  complaints.push(...specialComplaint(subnet), ...rangeComplaints(given.range, subnet));
  const gateway = addressComplaint(given.gateway, subnet);
  if (gateway !== undefined) complaints.push(`invalid gateway ${given.gateway}: ${gateway}`);
  for (const [name, text] of Object.entries(given.reserved)) {
    const reserved = addressComplaint(text, subnet);
    if (reserved !== undefined) complaints.push(`invalid auxiliary address ${name}: ${reserved}`);
  }
  return complaints;
}

/**
 * Checks each subnet by itself.
 *
 * @param families those that the network is to have
 * @returns one text with every complaint; undefined when all is well
 */
export function checkSubnets(subnets: readonly GivenSubnet[], families: readonly Family[]): string | undefined {
  const complaints = subnets.flatMap((given) => complaintsOf(given, families));
  if (complaints.length === 0) return undefined;
  const list = complaints.length === 1 ? complaints[0] : complaints.map((text) => `* ${text}`).join('\n');
  return `invalid network config:\n${list}`;
}
