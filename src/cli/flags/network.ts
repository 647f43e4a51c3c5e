/** Flags of docker's commands on networks, read from the help of the client this table follows (28.2.2). Data only. */
import type { FlagSpec } from '../flag.ts';

const FORMAT_ONE =
  "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates";
const FORMAT_TABLE =
  "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates";

export const NETWORK_CONNECT_FLAGS: readonly FlagSpec[] = [
  { name: 'alias', type: 'strings', usage: 'Add network-scoped alias for the container' },
  { name: 'driver-opt', type: 'strings', usage: 'driver options for the network' },
  {
    name: 'gw-priority',
    type: 'int',
    usage: 'Highest gw-priority provides the default gateway. Accepts positive and negative values.',
  },
  { name: 'ip', type: 'string', usage: 'IPv4 address (e.g., "172.30.100.104")' },
  { name: 'ip6', type: 'string', usage: 'IPv6 address (e.g., "2001:db8::33")' },
  { name: 'link', type: 'list', usage: 'Add link to another container' },
  { name: 'link-local-ip', type: 'strings', usage: 'Add a link-local address for the container' },
];

export const NETWORK_CREATE_FLAGS: readonly FlagSpec[] = [
  { name: 'attachable', usage: 'Enable manual container attachment' },
  {
    name: 'aux-address',
    type: 'map',
    usage: 'Auxiliary IPv4 or IPv6 addresses used by Network driver',
    printedDefault: 'map[]',
  },
  { name: 'config-from', type: 'string', usage: 'The network from which to copy the configuration' },
  { name: 'config-only', usage: 'Create a configuration only network' },
  { name: 'driver', short: 'd', type: 'string', usage: 'Driver to manage the Network', default: 'bridge' },
  { name: 'gateway', type: 'strings', usage: 'IPv4 or IPv6 Gateway for the master subnet' },
  { name: 'ingress', usage: 'Create swarm routing-mesh network' },
  { name: 'internal', usage: 'Restrict external access to the network' },
  { name: 'ip-range', type: 'strings', usage: 'Allocate container ip from a sub-range' },
  { name: 'ipam-driver', type: 'string', usage: 'IP Address Management Driver', default: 'default' },
  { name: 'ipam-opt', type: 'map', usage: 'Set IPAM driver specific options', printedDefault: 'map[]' },
  { name: 'ipv4', usage: 'Enable or disable IPv4 address assignment', default: 'true' },
  { name: 'ipv6', usage: 'Enable or disable IPv6 address assignment' },
  { name: 'label', type: 'list', usage: 'Set metadata on a network' },
  { name: 'opt', short: 'o', type: 'map', usage: 'Set driver specific options', printedDefault: 'map[]' },
  { name: 'scope', type: 'string', usage: "Control the network's scope" },
  { name: 'subnet', type: 'strings', usage: 'Subnet in CIDR format that represents a network segment' },
];

export const NETWORK_DISCONNECT_FLAGS: readonly FlagSpec[] = [
  { name: 'force', short: 'f', usage: 'Force the container to disconnect from a network' },
];

export const NETWORK_INSPECT_FLAGS: readonly FlagSpec[] = [
  { name: 'format', short: 'f', type: 'string', usage: FORMAT_ONE },
  { name: 'verbose', short: 'v', usage: 'Verbose output for diagnostics' },
];

export const NETWORK_LS_FLAGS: readonly FlagSpec[] = [
  { name: 'filter', short: 'f', type: 'filter', usage: 'Provide filter values (e.g. "driver=bridge")' },
  { name: 'format', type: 'string', usage: FORMAT_TABLE },
  { name: 'no-trunc', usage: 'Do not truncate the output' },
  { name: 'quiet', short: 'q', usage: 'Only display network IDs' },
];

export const NETWORK_PRUNE_FLAGS: readonly FlagSpec[] = [
  { name: 'filter', type: 'filter', usage: 'Provide filter values (e.g. "until=<timestamp>")' },
  { name: 'force', short: 'f', usage: 'Do not prompt for confirmation' },
];

export const NETWORK_RM_FLAGS: readonly FlagSpec[] = [
  { name: 'force', short: 'f', usage: 'Do not error if the network does not exist' },
];
