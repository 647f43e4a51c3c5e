/** Keeps files small enough to read in one go: at most 400 lines each, data aside. */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { listFiles } from './list-files.ts';

const MAXIMUM_LINES = 400;

/** @returns complaints about files that are too long, and about exceptions that are not needed any more */
export function checkSizes(root: string): string[] {
  const exceptions = JSON.parse(readFileSync(join(root, 'tools/size-exceptions.json'), 'utf8')) as Record<
    string,
    string
  >;
  const files = [
    ...listFiles(join(root, 'src'), '.ts'),
    ...listFiles(join(root, 'native'), '.c'),
    ...listFiles(join(root, 'native'), '.h'),
  ];
  const long = files
    .map((file) => ({ file: relative(root, file), lines: readFileSync(file, 'utf8').split('\n').length }))
    .filter(({ file, lines }) => lines > MAXIMUM_LINES && !file.endsWith('.test.ts'));
  const complaints = long
    .filter(({ file }) => !(file in exceptions))
    .map(({ file, lines }) => `${file}: ${lines} lines, more than ${MAXIMUM_LINES}; split it by reason to change`);
  for (const file of Object.keys(exceptions))
    if (!existsSync(join(root, file)) || !long.some((entry) => entry.file === file))
      complaints.push(`tools/size-exceptions.json: ${file} does not need its exception`);
  if (files.length < 100) complaints.push(`the size check saw only ${files.length} files`);
  return complaints;
}
