import type { CommandRow } from './command-row.ts';
import { exactly } from './command-row.ts';

/** Commands that talk to registries. */
export const REGISTRY_COMMANDS: readonly CommandRow[] = [
  {
    names: ['pull', 'image pull'],
    aliases: ['image pull', 'pull'],
    use: '[OPTIONS] NAME[:TAG|@DIGEST]',
    summary: 'Download an image from a registry',
    args: exactly(1),
  },
];
