/** Writes the files that golden command lines name. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export type GoldenFiles = Readonly<Record<string, string | { readonly base64: string }>>;

export function writeGoldenFiles(directory: string, files: GoldenFiles): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : Buffer.from(content.base64, 'base64'));
  }
}
