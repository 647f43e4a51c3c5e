/** Flags of docker's commands on images, read from the help of the client this table follows (28.2.2). Data only. */
import type { FlagSpec } from '../flag.ts';

export const IMAGE_HISTORY_FLAGS: readonly FlagSpec[] = [
  {
    name: 'format',
    type: 'string',
    usage:
      "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
  },
  { name: 'human', short: 'H', usage: 'Print sizes and dates in human readable format', default: 'true' },
  { name: 'no-trunc', usage: "Don't truncate output" },
  {
    name: 'platform',
    type: 'string',
    usage: 'Show history for the given platform. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")',
  },
  { name: 'quiet', short: 'q', usage: 'Only show image IDs' },
];

export const IMAGE_IMPORT_FLAGS: readonly FlagSpec[] = [
  { name: 'change', short: 'c', type: 'list', usage: 'Apply Dockerfile instruction to the created image' },
  { name: 'message', short: 'm', type: 'string', usage: 'Set commit message for imported image' },
  { name: 'platform', type: 'string', usage: 'Set platform if server is multi-platform capable' },
];

export const IMAGE_INSPECT_FLAGS: readonly FlagSpec[] = [
  {
    name: 'format',
    short: 'f',
    type: 'string',
    usage:
      "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
  },
  {
    name: 'platform',
    type: 'string',
    usage:
      "Inspect a specific platform of the multi-platform image.\nIf the image or the server is not multi-platform capable, the command will error out if the platform does not match.\n'os[/arch[/variant]]': Explicit platform (eg. linux/amd64)",
  },
];

export const IMAGE_LOAD_FLAGS: readonly FlagSpec[] = [
  { name: 'input', short: 'i', type: 'string', usage: 'Read from tar archive file, instead of STDIN' },
  {
    name: 'platform',
    type: 'string',
    usage: 'Load only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")',
  },
  { name: 'quiet', short: 'q', usage: 'Suppress the load output' },
];

export const IMAGE_LS_FLAGS: readonly FlagSpec[] = [
  { name: 'all', short: 'a', usage: 'Show all images (default hides intermediate images)' },
  { name: 'digests', usage: 'Show digests' },
  { name: 'filter', short: 'f', type: 'filter', usage: 'Filter output based on conditions provided' },
  {
    name: 'format',
    type: 'string',
    usage:
      "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
  },
  { name: 'no-trunc', usage: "Don't truncate output" },
  { name: 'quiet', short: 'q', usage: 'Only show image IDs' },
  { name: 'tree', usage: 'List multi-platform images as a tree (EXPERIMENTAL)' },
];

export const IMAGE_PRUNE_FLAGS: readonly FlagSpec[] = [
  { name: 'all', short: 'a', usage: 'Remove all unused images, not just dangling ones' },
  { name: 'filter', type: 'filter', usage: 'Provide filter values (e.g. "until=<timestamp>")' },
  { name: 'force', short: 'f', usage: 'Do not prompt for confirmation' },
];

export const IMAGE_RM_FLAGS: readonly FlagSpec[] = [
  { name: 'force', short: 'f', usage: 'Force removal of the image' },
  { name: 'no-prune', usage: 'Do not delete untagged parents' },
  {
    name: 'platform',
    type: 'strings',
    usage: 'Remove only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")',
  },
];

export const IMAGE_SAVE_FLAGS: readonly FlagSpec[] = [
  { name: 'output', short: 'o', type: 'string', usage: 'Write to a file, instead of STDOUT' },
  {
    name: 'platform',
    type: 'string',
    usage: 'Save only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")',
  },
];
