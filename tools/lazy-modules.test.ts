import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { lazyModules } from './lazy-modules.ts';

const run = promisify(execFile);

describe('lazyModules()', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-lazy-'));
    await mkdir(join(folder, 'part'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function outputOf(files: Record<string, string>): Promise<string[]> {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    await build({
      entryPoints: { main: join(folder, 'main.ts') },
      outfile: join(folder, 'main.cjs'),
      bundle: true,
      format: 'cjs',
      platform: 'node',
      minify: true,
      logLevel: 'silent',
      plugins: [lazyModules({ '#part/*': `${folder}/part/*` }, { 'import.meta.dirname': '__dirname' })],
    });
    const { stdout } = await run(process.execPath, [join(folder, 'main.cjs')]);
    return stdout.trim().split('\n');
  }

  test('evaluates a module when something of it is first used, and once', async () => {
    const lines = await outputOf({
      'main.ts': `import { now, Thing } from '#part/used.ts'; import { never } from './unused.ts';
        export function other() { return never(); }
        console.log('main'); console.log(new Thing('a').name, now, import.meta.dirname);`,
      'part/used.ts':
        `console.log('used'); export const now: number = 1; export class Thing { constructor(readonly name: string) {} }`.replace(
          'readonly ',
          'public ',
        ),
      'unused.ts': `console.log('unused'); export const never = () => 1;`,
    });
    assert.deepEqual(lines, ['main', 'used', `a 1 ${folder}`]);
  });

  test('keeps what modules of Node.js, JSON files, whole and dynamic imports and re-exports mean', async () => {
    const lines = await outputOf({
      'main.ts': `import * as all from './all.ts'; import data from './data.json' with { type: 'json' }; import { basename } from 'node:path';
        import { again } from './all.ts';
        console.log(all.one, data.key, basename('/a/b'), again);
        void import('./late.ts').then(({ late }) => console.log(late));`,
      'all.ts': `export const one = 'one'; export { two as again } from './late.ts';`,
      'late.ts': `export const late = 'late'; export const two = 2;`,
      'data.json': '{"key": "value"}',
    });
    assert.deepEqual(lines, ['one value b 2', 'late']);
  });
});
