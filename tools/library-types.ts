/** The declarations of the library: what TypeScript writes, reachable from the entry point alone, with paths that need no package imports. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const IMPORT = /(from |import\()'([^']+)'/g;

/** `#client/run.ts` and `./run.ts` as a file below `src`, without its ending; `undefined` for packages and built-in modules. */
export function sourceOf(specifier: string, importer: string): string | undefined {
  if (!specifier.endsWith('.ts')) return undefined;
  const bare = specifier.slice(0, -'.ts'.length);
  if (bare.startsWith('#')) return bare.slice(1);
  return bare.startsWith('.') ? join(dirname(importer), bare) : undefined;
}

/**
 * Rewrites the imports of a declaration file to relative ones.
 *
 * @param file its path below `src`, without the ending
 * @returns the new text, and the files it needs
 */
export function relocate(text: string, file: string): { readonly text: string; readonly needs: readonly string[] } {
  const needs: string[] = [];
  const rewritten = text.replace(IMPORT, (whole, keyword: string, specifier: string) => {
    const target = sourceOf(specifier, file);
    if (target === undefined) return whole;
    needs.push(target);
    const path = relative(dirname(file), target);
    return `${keyword}'${path.startsWith('.') ? path : `./${path}`}.js'`;
  });
  return { text: rewritten, needs };
}

/** Writes the declarations of `entry` (below `src`, without ending) and of all it needs into a folder. */
export async function writeTypes(entry: string, folder: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'berth-types-'));
  try {
    const options = [
      '--noEmit',
      'false',
      '--emitDeclarationOnly',
      '--declaration',
      '--outDir',
      scratch,
      '--rootDir',
      '.',
    ];
    // Wrong types are for `npm run check` to find; declarations are written all the same.
    await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.', ...options]).catch(() => undefined);
    const queue = [entry];
    const seen = new Set(queue);
    for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
      const { text, needs } = relocate(await readFile(join(scratch, 'src', `${file}.d.ts`), 'utf8'), file);
      const target = join(folder, `${file}.d.ts`);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, text);
      for (const need of needs) {
        if (seen.has(need)) continue;
        seen.add(need);
        queue.push(need);
      }
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
