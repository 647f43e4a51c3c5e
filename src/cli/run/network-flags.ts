/** The values of `--network` and of the older flags that say the same about the first network. */
import { cut } from '#base/cut.ts';
import type { EndpointSettings, Loose } from '#spec/docker-api/containers.ts';
import type { ParsedFlags } from '../parsed-flags.ts';
import { readCsvRecord } from './csv-record.ts';
import { isHardwareAddress } from './ip-address.ts';

interface Attachment {
  target: string;
  aliases: readonly string[];
  links: readonly string[];
  driverOptions: Readonly<Record<string, string>> | undefined;
  ipv4: string;
  ipv6: string;
  linkLocal: readonly string[];
  mac: string;
  gatewayPriority: number;
}

const emptyAttachment = (target: string): Attachment => ({
  target,
  aliases: [],
  links: [],
  driverOptions: undefined,
  ipv4: '',
  ipv6: '',
  linkLocal: [],
  mac: '',
  gatewayPriority: 0,
});

function readPriority(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new Error(`invalid gw-priority (${text}): invalid syntax`);
  if (!Number.isSafeInteger(Number(text))) throw new Error(`invalid gw-priority (${text}): value out of range`);
  return Number(text);
}

function setField(attachment: Attachment, key: string, value: string): void {
  switch (key) {
    case 'name':
      attachment.target = value;
      return;
    case 'alias':
      attachment.aliases = [...attachment.aliases, value];
      return;
    case 'ip':
      attachment.ipv4 = value;
      return;
    case 'ip6':
      attachment.ipv6 = value;
      return;
    case 'mac-address':
      attachment.mac = value;
      return;
    case 'link-local-ip':
      attachment.linkLocal = [...attachment.linkLocal, value];
      return;
    case 'driver-opt': {
      const [name, setting] = cut(value, '=');
      if (setting === undefined || name === '') throw new Error('invalid key value pair format in driver options');
      attachment.driverOptions = { ...attachment.driverOptions, [name.trim()]: setting.trim() };
      return;
    }
    case 'gw-priority':
      attachment.gatewayPriority = readPriority(value);
      return;
    default:
      throw new Error(`invalid field key ${key}`);
  }
}

/** `mynet` or `name=mynet,alias=web,ip=10.0.0.2`. @throws Error in docker's words */
export function parseNetworkFlag(text: string): Attachment {
  if (!/[0-9A-Za-z_]+=[0-9A-Za-z_]+/.test(text)) return emptyAttachment(text);
  const attachment = emptyAttachment('');
  for (const field of readCsvRecord(text)) {
    const [key, value] = cut(field.toLowerCase(), '=');
    if (value === undefined || key === '') throw new Error(`invalid field ${field}`);
    setField(attachment, key.trim(), value.trim());
  }
  if (attachment.target === '') throw new Error('network name/id is not specified');
  return attachment;
}

/** False for the modes that are no network of the user's. */
function isUserDefined(target: string): boolean {
  return !['default', 'bridge', 'host', 'none'].includes(target) && !/^container(:|$)/.test(target);
}

function conflict(flag: string, what: string): Error {
  return new Error(`conflicting options: cannot specify both --${flag} and per-network ${what}`);
}

/** Adds what the older flags say to the first network. */
function withFlags(attachment: Attachment, flags: ParsedFlags): Attachment {
  const [aliases, links, linkLocal] = [flags.list('network-alias'), flags.list('link'), flags.list('link-local-ip')];
  const [ipv4, ipv6, mac] = [flags.text('ip'), flags.text('ip6'), flags.text('mac-address')];
  if (attachment.aliases.length > 0 && aliases.length > 0) throw conflict('network-alias', 'alias');
  if (attachment.ipv4 !== '' && ipv4 !== '') throw conflict('ip', 'IPv4 address');
  if (attachment.ipv6 !== '' && ipv6 !== '') throw conflict('ip6', 'IPv6 address');
  if (attachment.mac !== '' && mac !== '') throw conflict('mac-address', 'MAC address');
  if (attachment.linkLocal.length > 0 && linkLocal.length > 0)
    throw conflict('link-local-ip', 'link-local IP addresses');
  return {
    ...attachment,
    aliases: aliases.length > 0 ? aliases : attachment.aliases,
    links: isUserDefined(attachment.target) ? links : [],
    ipv4: ipv4 || attachment.ipv4,
    ipv6: ipv6 || attachment.ipv6,
    mac: mac || attachment.mac,
    linkLocal: linkLocal.length > 0 ? linkLocal : attachment.linkLocal,
  };
}

const orNull = <T>(list: readonly T[]): readonly T[] | null => (list.length > 0 ? list : null);

function endpointOf(attachment: Attachment): Loose<EndpointSettings> {
  const { target, aliases, links, ipv4, ipv6, linkLocal, mac } = attachment;
  if (target.trim() === '') throw new Error('no name set for network');
  if (!isUserDefined(target)) {
    if (aliases.length > 0) throw new Error('network-scoped aliases are only supported for user-defined networks');
    if (links.length > 0) throw new Error('links are only supported for user-defined networks');
  }
  if (mac !== '' && !isHardwareAddress(mac)) throw new Error(`${mac} is not a valid mac address`);
  const hasAddress = ipv4 !== '' || ipv6 !== '' || linkLocal.length > 0;
  const addresses = {
    ...(ipv4 !== '' && { IPv4Address: ipv4 }),
    ...(ipv6 !== '' && { IPv6Address: ipv6 }),
    ...(linkLocal.length > 0 && { LinkLocalIPs: linkLocal }),
  };
  return {
    IPAMConfig: hasAddress ? addresses : null,
    Links: orNull(links),
    Aliases: orNull(aliases),
    MacAddress: mac,
    DriverOpts: attachment.driverOptions ?? null,
    GwPriority: attachment.gatewayPriority,
    NetworkID: '',
    EndpointID: '',
    Gateway: '',
    IPAddress: '',
    IPPrefixLen: 0,
    IPv6Gateway: '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    DNSNames: null,
  };
}

const PLAIN = JSON.stringify(endpointOf(emptyAttachment('x')));

/**
 * @param attachments values of `--network`, parsed
 * @returns the network mode, and the settings of each endpoint by its network's name
 * @throws Error in docker's words
 */
export function networkOf(
  attachments: readonly Attachment[],
  flags: ParsedFlags,
): { readonly mode: string; readonly endpoints: Readonly<Record<string, Loose<EndpointSettings>>> } {
  const [first] = attachments;
  if (first === undefined) {
    const endpoint = endpointOf(withFlags(emptyAttachment('default'), flags));
    return { mode: 'default', endpoints: { default: endpoint } };
  }
  const endpoints: Record<string, Loose<EndpointSettings>> = {};
  for (const attachment of attachments) {
    const endpoint = endpointOf(attachment === first ? withFlags(attachment, flags) : attachment);
    if (attachment.target in endpoints)
      throw new Error(`network ${JSON.stringify(attachment.target)} is specified multiple times`);
    // A single network without options of its own is said by the mode alone.
    if (attachments.length === 1 && JSON.stringify(endpoint) === PLAIN) continue;
    endpoints[attachment.target] = endpoint;
  }
  if (new Set(attachments.map(({ target }) => isUserDefined(target))).size > 1)
    throw new Error('conflicting options: cannot attach both user-defined and non-user-defined network-modes');
  return { mode: first.target, endpoints };
}
