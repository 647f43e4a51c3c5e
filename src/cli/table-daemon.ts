import type { CommandRow } from './command-row.ts';
import { NONE } from './command-row.ts';

/** Commands that are about the daemon itself. */
export const DAEMON_COMMANDS: readonly CommandRow[] = [
  {
    names: ['daemon'],
    use: '[OPTIONS] [install]',
    summary: 'Serve the engine to docker clients',
    description: `Serve the engine to docker clients

Containers need no daemon, and go on running when it ends. While one serves
a root, commands on that root go through it.

With the word "install" it writes and starts systemd's units for such a daemon.`,
    args: { kind: 'at-most', most: 1 },
    own: true,
  },
  {
    names: ['system dial-stdio'],
    use: '',
    summary: 'Proxy the stdio stream to the daemon connection. Should not be invoked manually.',
    args: NONE,
    own: true,
    hidden: true,
  },
  {
    names: ['completion'],
    use: 'bash|fish|zsh',
    summary: 'Print what a shell evaluates to complete commands, flags and names',
    args: { kind: 'exactly', count: 1 },
    own: true,
  },
];
