/**
 * A pair of interfaces by which packets come into the host a second time, after its input rules let them through. Both ends have
 * one link address and resolve none: what leaves by one is for the other. Messages: rtnetlink(7), veth(4).
 */
import { BerthError } from '#base/errors.ts';
import { writeNetSetting } from '#sys/net-settings.ts';
import { attribute, nested, text } from '#sys/netlink/attribute.ts';
import { NETLINK_ROUTE, talk } from '#sys/nftables/talk.ts';
import type { FirewallNames } from './firewall-names.ts';

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_NEWROUTE = 24;
const RTM_NEWRULE = 32;
const RTM_DELRULE = 33;
const CREATE = 0x401;
const CREATE_NEW = 0x601;
const PLAIN = 0x1;
const IFF_UP_NOARP = 0x81;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_LINKINFO = 18;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const AF_INET = 2;
const AF_INET6 = 10;
const RTA_OIF = 4;
const RTA_TABLE = 15;
const FRA_PRIORITY = 6;
const FRA_TABLE = 15;
const FRA_MARK = 10;
const FRA_MASK = 16;
const TO_TABLE = 1;
const UNICAST = 1;
const PROTOCOL_BOOT = 3;
/** Mark and routing table of a pair: this and the index of the interface. */
const MARKS = 0x0be0_0000;
/** Before the rules that everybody has (ip-rule(8)). */
const RULE_PRIORITY = 32_000;
const SCOPE_HOST = 254;
const ENOENT = 2;
const EEXIST = 17;
const ENODEV = 19;
const EACCES = 13;
const EOPNOTSUPP = 95;
const EAFNOSUPPORT = 97;
const HEADER = 16;
/** 65535, host order: whatever came in fits. */
const LARGEST_MTU = Buffer.of(0xff, 0xff, 0, 0);
const LINK_ADDRESS = Buffer.of(0x02, 0xbe, 0x72, 0x74, 0x68, 0x00);
/** An interface without an address takes no packets where rp_filter is on. This one is the host's anyway and leads nowhere. */
const ENTRY_ADDRESS = Buffer.of(127, 255, 255, 253);

function routeMessage(type: number, flags: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const bytes = Buffer.alloc(HEADER + body.length);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(flags, 6);
  bytes.set(body, HEADER);
  return bytes;
}

/** struct ifinfomsg, with flags of which those in `mask` count. */
function linkHeader(flags = 0, mask = 0): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(flags, 8);
  bytes.writeUInt32LE(mask, 12);
  return bytes;
}

function newPair({ exit, entry }: FirewallNames): Buffer {
  const peer = nested(1, linkHeader(), text(IFLA_IFNAME, entry), attribute(IFLA_ADDRESS, LINK_ADDRESS));
  return routeMessage(
    RTM_NEWLINK,
    CREATE_NEW,
    linkHeader(),
    text(IFLA_IFNAME, exit),
    attribute(IFLA_ADDRESS, LINK_ADDRESS),
    nested(IFLA_LINKINFO, text(1, 'veth'), nested(2, peer)),
  );
}

function newAddress(index: number): Buffer {
  const header = Buffer.of(AF_INET, 32, 0, SCOPE_HOST, 0, 0, 0, 0);
  header.writeUInt32LE(index, 4);
  return routeMessage(
    RTM_NEWADDR,
    CREATE,
    header,
    attribute(IFA_LOCAL, ENTRY_ADDRESS),
    attribute(IFA_ADDRESS, ENTRY_ADDRESS),
  );
}

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** "Everybody is behind this interface", in a table that only marked packets are looked up in. */
function everybodyBehind(index: number): Buffer {
  const header = Buffer.from([AF_INET6, 0, 0, 0, 0, PROTOCOL_BOOT, 0, UNICAST, 0, 0, 0, 0]);
  return routeMessage(
    RTM_NEWROUTE,
    CREATE,
    header,
    attribute(RTA_OIF, u32(index)),
    attribute(RTA_TABLE, u32(MARKS + index)),
  );
}

function rule(type: number, index: number): Buffer {
  const header = Buffer.from([AF_INET6, 0, 0, 0, 0, 0, 0, TO_TABLE, 0, 0, 0, 0]);
  return routeMessage(
    type,
    type === RTM_NEWRULE ? CREATE_NEW : PLAIN,
    header,
    attribute(FRA_MARK, u32(MARKS + index)),
    attribute(FRA_MASK, u32(0xffff_ffff)),
    attribute(FRA_TABLE, u32(MARKS + index)),
    attribute(FRA_PRIORITY, u32(RULE_PRIORITY)),
  );
}

async function request(what: string, message: Buffer, tolerated: readonly number[]): Promise<readonly Buffer[]> {
  const { refusal, messages } = await talk(NETLINK_ROUTE, [message]);
  if (refusal === undefined || tolerated.includes(refusal.errno)) return messages;
  const { errno } = refusal;
  throw new BerthError('internal', 'firewall.devices', `cannot ${what}: errno ${errno}`, { details: { errno } });
}

async function indexOf(name: string): Promise<number> {
  const [answer] = await request(
    `find the interface ${name}`,
    routeMessage(RTM_GETLINK, PLAIN, linkHeader(), text(IFLA_IFNAME, name)),
    [ENODEV],
  );
  return answer === undefined ? 0 : answer.readInt32LE(HEADER + 4);
}

/** Answers of a kernel without IPv6, or with it switched off everywhere. */
const NO_IPV6 = [EAFNOSUPPORT, EACCES, EOPNOTSUPP];

export interface EntryPair {
  /** Index of the end by which copies leave. */
  readonly exitIndex: number;
  /** What IPv6 copies are marked with until firewalls have looked at them. */
  readonly mark: number;
}

/**
 * Makes the pair, or puts the one that is there right. Any number of processes may do so at once.
 *
 */
export async function ensureEntryPair(names: FirewallNames): Promise<EntryPair> {
  await request(`make the interfaces ${names.exit} and ${names.entry}`, newPair(names), [EEXIST]);
  for (const name of [names.exit, names.entry]) {
    const up = routeMessage(
      RTM_NEWLINK,
      PLAIN,
      linkHeader(IFF_UP_NOARP, IFF_UP_NOARP),
      text(IFLA_IFNAME, name),
      attribute(IFLA_MTU, LARGEST_MTU),
    );
    await request(`set up the interface ${name}`, up, []);
  }
  const entry = await indexOf(names.entry);
  await request(`give ${names.entry} an address`, newAddress(entry), [EEXIST]);
  // "Loose": the way back to a client leads by another interface. The stricter of this and `all` counts, and loose is the higher.
  writeNetSetting(`ipv4/conf/${names.entry}/rp_filter`, '2');
  writeNetSetting(`ipv6/conf/${names.exit}/disable_ipv6`, '0');
  for (const name of [names.exit, names.entry]) writeNetSetting(`ipv6/conf/${name}/accept_ra`, '0');
  // IPv6 has no rp_filter, but firewalld looks the way back up by a rule of its own (`fib saddr . mark . iif`): by the mark it
  // finds that everybody is behind this interface. The mark is taken off before anything is routed by it.
  await request(`lead IPv6 answers to ${names.entry}`, everybodyBehind(entry), [EEXIST, ...NO_IPV6]);
  await request(`add a routing rule for ${names.entry}`, rule(RTM_NEWRULE, entry), [EEXIST, ...NO_IPV6]);
  return { exitIndex: await indexOf(names.exit), mark: MARKS + entry };
}

/** Takes the pair away. */
export async function removeEntryPair(names: FirewallNames): Promise<void> {
  const entry = await indexOf(names.entry);
  await request(`remove the routing rule for ${names.entry}`, rule(RTM_DELRULE, entry), [ENOENT, ...NO_IPV6]);
  const message = routeMessage(RTM_DELLINK, PLAIN, linkHeader(), text(IFLA_IFNAME, names.exit));
  await request(`remove the interface ${names.exit}`, message, [ENODEV]);
}
