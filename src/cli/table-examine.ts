import type { CommandRow } from './command-row.ts';
import { atLeast, exactly, range } from './command-row.ts';

/** Commands that look into images. */
export const EXAMINE_COMMANDS: readonly CommandRow[] = [
  {
    names: ['image cat'],
    use: 'IMAGE PATH [PATH...]',
    summary: 'Print files of an image',
    args: atLeast(2),
    own: true,
  },
  {
    names: ['image diff'],
    use: '[OPTIONS] IMAGE1 IMAGE2',
    summary: 'Show what differs between two images',
    args: exactly(2),
    own: true,
  },
  {
    names: ['image files'],
    use: '[OPTIONS] IMAGE [PATH]',
    summary: 'List the files of an image',
    args: range(1, 2),
    own: true,
  },
  {
    names: ['image tree'],
    use: '[OPTIONS] IMAGE',
    summary: 'Show the layers of an image, what they share and what is wasted',
    description: `Show the layers of an image, what they share and what is wasted

The exit status is 1 when a threshold is not met.`,
    args: exactly(1),
    own: true,
  },
];
