import type { CommandRow } from './command-row.ts';
import { NONE } from './command-row.ts';

/** Commands about Berth's own registry. */
export const REGISTRY_SERVER_COMMANDS: readonly CommandRow[] = [
  {
    names: ['registry gc'],
    use: '[OPTIONS]',
    summary: 'Free what no image of the registry needs, while it serves',
    args: NONE,
    own: true,
  },
  {
    names: ['registry serve'],
    use: '[OPTIONS]',
    summary: 'Serve a registry that docker, podman and others push to and pull from',
    description: `Serve a registry that docker, podman and others push to and pull from

Its content lies below --root, beside the engine's and shared with it.
Needs neither a daemon nor containers.`,
    args: NONE,
    own: true,
  },
];
