import type { CommandRow } from './command-row.ts';
import { ANY, atLeast, exactly, NONE, range } from './command-row.ts';

const ENDPOINT = `
Docker endpoint config:

NAME                DESCRIPTION
from                Copy named context's Docker endpoint configuration
host                Docker endpoint on which to connect
ca                  Trust certs signed only by this CA
cert                Path to TLS certificate file
key                 Path to TLS key file
skip-tls-verify     Skip TLS certificate validation

Example:`;
const ENDPOINT_EXAMPLE =
  'my-context --description "some description" --docker "host=tcp://myserver:2376,ca=~/ca-file,cert=~/cert-file,key=~/key-file"';

/** Commands that say which engine is meant. */
export const CONTEXT_COMMANDS: readonly CommandRow[] = [
  {
    names: ['context create'],
    use: '[OPTIONS] CONTEXT',
    summary: 'Create a context',
    description: `Create a context\n${ENDPOINT}\n\n$ berth context create ${ENDPOINT_EXAMPLE}`,
    args: exactly(1),
  },
  {
    names: ['context export'],
    use: '[OPTIONS] CONTEXT [FILE|-]',
    summary: 'Export a context to a tar archive FILE or a tar stream on STDOUT.',
    args: range(1, 2),
  },
  {
    names: ['context import'],
    use: 'CONTEXT FILE|-',
    summary: 'Import a context from a tar or zip file',
    args: exactly(2),
  },
  {
    names: ['context inspect'],
    use: '[OPTIONS] [CONTEXT] [CONTEXT...]',
    summary: 'Display detailed information on one or more contexts',
    args: ANY,
  },
  {
    names: ['context ls'],
    aliases: ['context ls', 'context list'],
    use: '[OPTIONS]',
    summary: 'List contexts',
    args: NONE,
  },
  {
    names: ['context rm'],
    aliases: ['context rm', 'context remove'],
    use: 'CONTEXT [CONTEXT...]',
    summary: 'Remove one or more contexts',
    args: atLeast(1),
  },
  {
    names: ['context show'],
    use: '',
    summary: 'Print the name of the current context',
    args: NONE,
  },
  {
    names: ['context update'],
    use: '[OPTIONS] CONTEXT',
    summary: 'Update a context',
    description: `Update a context\n${ENDPOINT}\n\n$ berth context update ${ENDPOINT_EXAMPLE}`,
    args: exactly(1),
  },
  {
    names: ['context use'],
    use: 'CONTEXT',
    summary: 'Set the current berth context',
    args: exactly(1),
  },
];
