/** Flags of the commands that look into images. Data only. */
import type { FlagSpec } from '../flag.ts';

const FORMAT: FlagSpec = { name: 'format', type: 'string', usage: 'Format output: "json", or text by default' };

export const IMAGE_DIFF_FLAGS: readonly FlagSpec[] = [
  FORMAT,
  {
    name: 'type',
    short: 't',
    type: 'strings',
    usage: 'What to compare: file, size, history, metadata, apt, rpm, apk, npm, pip (may be given several times)',
    printedDefault: 'size',
  },
];

export const IMAGE_FILES_FLAGS: readonly FlagSpec[] = [FORMAT];

export const IMAGE_TREE_FLAGS: readonly FlagSpec[] = [
  FORMAT,
  { name: 'highest-wasted-bytes', type: 'bytes', usage: 'Fail when more bytes are wasted', printedDefault: 'none' },
  { name: 'lowest-efficiency', type: 'string', usage: 'Fail when the efficiency is lower, 0 to 1' },
  { name: 'top', type: 'uint', usage: 'How many wasted paths to print', default: '20' },
];
