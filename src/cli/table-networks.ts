import type { CommandRow } from './command-row.ts';
import { atLeast, exactly, NONE } from './command-row.ts';

/** `network`. */
export const NETWORK_COMMANDS: readonly CommandRow[] = [
  {
    names: ['network connect'],
    use: '[OPTIONS] NETWORK CONTAINER',
    summary: 'Connect a container to a network',
    args: exactly(2),
  },
  {
    names: ['network create'],
    use: '[OPTIONS] NETWORK',
    summary: 'Create a network',
    args: exactly(1),
  },
  {
    names: ['network disconnect'],
    use: '[OPTIONS] NETWORK CONTAINER',
    summary: 'Disconnect a container from a network',
    args: exactly(2),
  },
  {
    names: ['network inspect'],
    use: '[OPTIONS] NETWORK [NETWORK...]',
    summary: 'Display detailed information on one or more networks',
    args: atLeast(1),
  },
  {
    names: ['network ls'],
    aliases: ['network ls', 'network list'],
    use: '[OPTIONS]',
    summary: 'List networks',
    args: NONE,
  },
  {
    names: ['network prune'],
    use: '[OPTIONS]',
    summary: 'Remove all unused networks',
    args: NONE,
  },
  {
    names: ['network rm'],
    aliases: ['network rm', 'network remove'],
    use: 'NETWORK [NETWORK...]',
    summary: 'Remove one or more networks',
    args: atLeast(1),
  },
];
