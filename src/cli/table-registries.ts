import type { CommandRow } from './command-row.ts';
import { atMost, exactly } from './command-row.ts';

/** Commands that talk to registries. */
export const REGISTRY_COMMANDS: readonly CommandRow[] = [
  {
    names: ['login'],
    use: '[OPTIONS] [SERVER]',
    summary: 'Authenticate to a registry',
    description: 'Authenticate to a registry.\nDefaults to Docker Hub if no server is specified.',
    args: atMost(1),
  },
  {
    names: ['logout'],
    use: '[SERVER]',
    summary: 'Log out from a registry',
    description: 'Log out from a registry.\nIf no server is specified, the default is defined by the daemon.',
    args: atMost(1),
  },
  {
    names: ['pull', 'image pull'],
    aliases: ['image pull', 'pull'],
    use: '[OPTIONS] NAME[:TAG|@DIGEST]',
    summary: 'Download an image from a registry',
    args: exactly(1),
  },
  {
    names: ['push', 'image push'],
    aliases: ['image push', 'push'],
    use: '[OPTIONS] NAME[:TAG]',
    summary: 'Upload an image to a registry',
    args: exactly(1),
  },
  {
    names: ['search'],
    use: '[OPTIONS] TERM',
    summary: 'Search Docker Hub for images',
    args: exactly(1),
  },
];
