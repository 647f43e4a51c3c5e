import type { CommandRow } from './command-row.ts';
import { atLeast, atMost, exactly, NONE } from './command-row.ts';

/** `volume`: docker's commands, and Berth's own to rename, clone, export and import. */
export const VOLUME_COMMANDS: readonly CommandRow[] = [
  {
    names: ['volume create'],
    use: '[OPTIONS] [VOLUME]',
    summary: 'Create a volume',
    args: atMost(1),
  },
  {
    names: ['volume inspect'],
    use: '[OPTIONS] VOLUME [VOLUME...]',
    summary: 'Display detailed information on one or more volumes',
    args: atLeast(1),
  },
  {
    names: ['volume ls'],
    aliases: ['volume ls', 'volume list'],
    use: '[OPTIONS]',
    summary: 'List volumes',
    args: NONE,
  },
  {
    names: ['volume prune'],
    use: '[OPTIONS]',
    summary: 'Remove unused local volumes',
    args: NONE,
  },
  {
    names: ['volume rm'],
    aliases: ['volume rm', 'volume remove'],
    use: '[OPTIONS] VOLUME [VOLUME...]',
    summary: 'Remove one or more volumes',
    description: 'Remove one or more volumes. You cannot remove a volume that is in use by a container.',
    args: atLeast(1),
  },
  {
    names: ['volume update'],
    use: '[OPTIONS] [VOLUME]',
    summary: 'Update a volume (cluster volumes only)',
    args: exactly(1),
  },
  {
    names: ['volume clone'],
    use: '[OPTIONS] VOLUME NEW_VOLUME',
    summary: 'Make a volume with the content of another',
    description: `Make a volume with the content of another

The data is shared until one of them changes it, where the file system
can do that (btrfs, XFS), and copied elsewhere.`,
    args: exactly(2),
    own: true,
  },
  {
    names: ['volume export'],
    use: '[OPTIONS] VOLUME',
    summary: 'Write the content of a volume as a tar archive',
    args: exactly(1),
    own: true,
  },
  {
    names: ['volume import'],
    use: 'VOLUME FILE|-',
    summary: 'Unpack a tar archive into a volume',
    description: `Unpack a tar archive into a volume, which is made when it is missing

The archive may be compressed. What the volume has already stays, unless
the archive has something of the same name.`,
    args: exactly(2),
    own: true,
  },
  {
    names: ['volume rename'],
    use: 'VOLUME NEW_NAME',
    summary: 'Give a volume another name, in its containers too',
    args: exactly(2),
    own: true,
  },
];
