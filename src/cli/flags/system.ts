/** Flags of docker's commands on the engine, read from the help of the client this table follows (28.2.2). Data only. */
import type { FlagSpec } from '../flag.ts';

export const VERSION_FLAGS: readonly FlagSpec[] = [
  {
    name: 'format',
    short: 'f',
    type: 'string',
    usage:
      "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
  },
];

export const INSPECT_FLAGS: readonly FlagSpec[] = [
  {
    name: 'format',
    short: 'f',
    type: 'string',
    usage:
      "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
  },
  { name: 'size', short: 's', usage: 'Display total file sizes if the type is container' },
  { name: 'type', type: 'string', usage: 'Only inspect objects of the given type' },
];

export const SYSTEM_DF_FLAGS: readonly FlagSpec[] = [
  {
    name: 'format',
    type: 'string',
    usage:
      "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
  },
  { name: 'verbose', short: 'v', usage: 'Show detailed information on space usage' },
];

export const SYSTEM_EVENTS_FLAGS: readonly FlagSpec[] = [
  { name: 'filter', short: 'f', type: 'filter', usage: 'Filter output based on conditions provided' },
  {
    name: 'format',
    type: 'string',
    usage:
      "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
  },
  { name: 'since', type: 'string', usage: 'Show all events created since timestamp' },
  { name: 'until', type: 'string', usage: 'Stream events until this timestamp' },
];

export const SYSTEM_INFO_FLAGS: readonly FlagSpec[] = [
  {
    name: 'format',
    short: 'f',
    type: 'string',
    usage:
      "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
  },
];

export const SYSTEM_PRUNE_FLAGS: readonly FlagSpec[] = [
  { name: 'all', short: 'a', usage: 'Remove all unused images not just dangling ones' },
  { name: 'filter', type: 'filter', usage: 'Provide filter values (e.g. "label=<key>=<value>")' },
  { name: 'force', short: 'f', usage: 'Do not prompt for confirmation' },
  { name: 'volumes', usage: 'Prune anonymous volumes' },
];

export const SYSTEM_FSCK_FLAGS: readonly FlagSpec[] = [
  { name: 'format', type: 'string', usage: 'Format output using a custom template, or json' },
  { name: 'repair', usage: 'Make again what can be made again, remove what belongs to nothing' },
];
