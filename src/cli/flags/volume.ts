/** Flags of docker's commands on volumes, read from the help of the client this table follows (28.2.2). Data only. */
import type { FlagSpec } from '../flag.ts';

const AVAILABILITY: FlagSpec = {
  name: 'availability',
  type: 'string',
  usage: 'Cluster Volume availability ("active", "pause", "drain")',
  default: 'active',
};

const FORMAT_ONE =
  "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates";
const FORMAT_TABLE =
  "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates";

export const VOLUME_CREATE_FLAGS: readonly FlagSpec[] = [
  AVAILABILITY,
  { name: 'driver', short: 'd', type: 'string', usage: 'Specify volume driver name', default: 'local' },
  { name: 'group', type: 'string', usage: 'Cluster Volume group (cluster volumes)' },
  { name: 'label', type: 'list', usage: 'Set metadata for a volume' },
  { name: 'limit-bytes', type: 'bytes', usage: 'Minimum size of the Cluster Volume in bytes' },
  { name: 'name', type: 'string', usage: 'Specify volume name', hidden: true },
  { name: 'opt', short: 'o', type: 'map', usage: 'Set driver specific options', printedDefault: 'map[]' },
  { name: 'required-bytes', type: 'bytes', usage: 'Maximum size of the Cluster Volume in bytes' },
  {
    name: 'scope',
    type: 'string',
    usage: 'Cluster Volume access scope ("single", "multi")',
    default: 'single',
  },
  { name: 'secret', type: 'map', usage: 'Cluster Volume secrets', printedDefault: 'map[]' },
  {
    name: 'sharing',
    type: 'string',
    usage: 'Cluster Volume access sharing ("none", "readonly", "onewriter", "all")',
    default: 'none',
  },
  { name: 'topology-preferred', type: 'list', usage: 'A topology that the Cluster Volume would be preferred in' },
  { name: 'topology-required', type: 'list', usage: 'A topology that the Cluster Volume must be accessible from' },
  { name: 'type', type: 'string', usage: 'Cluster Volume access type ("mount", "block")', default: 'block' },
];

/** Those that make a volume a cluster's. */
export const CLUSTER_FLAGS: readonly string[] = [
  'availability',
  'group',
  'limit-bytes',
  'required-bytes',
  'scope',
  'secret',
  'sharing',
  'topology-preferred',
  'topology-required',
  'type',
];

export const VOLUME_INSPECT_FLAGS: readonly FlagSpec[] = [
  { name: 'format', short: 'f', type: 'string', usage: FORMAT_ONE },
];

export const VOLUME_LS_FLAGS: readonly FlagSpec[] = [
  { name: 'cluster', usage: 'Display only cluster volumes, and use cluster volume list formatting' },
  { name: 'filter', short: 'f', type: 'filter', usage: 'Provide filter values (e.g. "dangling=true")' },
  { name: 'format', type: 'string', usage: FORMAT_TABLE },
  { name: 'quiet', short: 'q', usage: 'Only display volume names' },
];

export const VOLUME_PRUNE_FLAGS: readonly FlagSpec[] = [
  { name: 'all', short: 'a', usage: 'Remove all unused volumes, not just anonymous ones' },
  { name: 'filter', type: 'filter', usage: 'Provide filter values (e.g. "label=<label>")' },
  { name: 'force', short: 'f', usage: 'Do not prompt for confirmation' },
];

export const VOLUME_RM_FLAGS: readonly FlagSpec[] = [
  { name: 'force', short: 'f', usage: 'Force the removal of one or more volumes' },
];

export const VOLUME_UPDATE_FLAGS: readonly FlagSpec[] = [AVAILABILITY];

export const VOLUME_CLONE_FLAGS: readonly FlagSpec[] = [
  { name: 'label', type: 'list', usage: 'Labels of the new volume instead of those of the old one' },
];

export const VOLUME_EXPORT_FLAGS: readonly FlagSpec[] = [
  { name: 'output', short: 'o', type: 'string', usage: 'Write to a file, instead of STDOUT' },
];
