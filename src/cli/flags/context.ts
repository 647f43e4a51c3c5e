/** Flags of docker's commands on contexts, read from the help of the client this table follows (28.2.2). Data only. */
import type { FlagSpec } from '../flag.ts';

const FORMAT =
  "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates";

const DESCRIPTION: FlagSpec = { name: 'description', type: 'string', usage: 'Description of the context' };
const DOCKER: FlagSpec = {
  name: 'docker',
  type: 'stringToString',
  usage: 'set the docker endpoint',
  printedDefault: '[]',
};

export const CONTEXT_CREATE_FLAGS: readonly FlagSpec[] = [
  DESCRIPTION,
  DOCKER,
  { name: 'from', type: 'string', usage: 'create context from a named context' },
];

export const CONTEXT_UPDATE_FLAGS: readonly FlagSpec[] = [DESCRIPTION, DOCKER];

export const CONTEXT_INSPECT_FLAGS: readonly FlagSpec[] = [
  { name: 'format', short: 'f', type: 'string', usage: FORMAT },
];

export const CONTEXT_LS_FLAGS: readonly FlagSpec[] = [
  {
    name: 'format',
    type: 'string',
    usage:
      "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
  },
  { name: 'quiet', short: 'q', usage: 'Only show context names' },
];

export const CONTEXT_RM_FLAGS: readonly FlagSpec[] = [
  { name: 'force', short: 'f', usage: 'Force the removal of a context in use' },
];
