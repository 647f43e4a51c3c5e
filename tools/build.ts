/** Builds `dist/`: the keeper and the carried image from `native/`, the bundles from `src/main`. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import packageFile from '../package.json' with { type: 'json' };
import { buildHelloImage } from './hello-image.ts';
import { lazyModules } from './lazy-modules.ts';
import { writeTypes } from './library-types.ts';
import { warmUp, writeStarters } from './warm-up.ts';

const run = promisify(execFile);

/** Where the new files gather, and where the old ones go, so that `dist/` is complete at any time. */
const NEW = 'dist.new';
const OLD = 'dist.old';

/** What modules know of their place: that of the bundle. */
const PLACE = { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' };

/** Entry points by their name in `dist/`. The store's worker is one of its own because threads load a file. */
const ENTRY_POINTS = {
  'berth-main': 'src/main/berth.ts',
  'runtime-main': 'src/main/runtime.ts',
  'file-worker': 'src/store/worker/file-worker.ts',
};

/** Loaded from `node_modules` when a command needs them: what is in the bundle costs every command. */
const PACKAGES = Object.keys(packageFile.dependencies);

/**
 * One CommonJS file per program: Node loads that in half the time of ECMAScript modules, and what a command imports
 * dynamically is still evaluated only when it gets there.
 */
async function buildBundles(): Promise<void> {
  const result = await build({
    entryPoints: ENTRY_POINTS,
    outdir: NEW,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node26',
    minifySyntax: true,
    minifyWhitespace: true,
    minifyIdentifiers: true,
    sourcemap: 'external',
    metafile: true,
    logLevel: 'warning',
    plugins: [lazyModules(packageFile.imports, PLACE)],
  });
  const programs = Object.keys(result.metafile.outputs).filter((name) => name.endsWith('.cjs'));
  if (programs.length !== Object.keys(ENTRY_POINTS).length) throw new Error(`the bundler wrote ${programs.join(', ')}`);
  await writeStarters(NEW);
}

/** What other programs import: an ECMAScript module for Node.js from 22.15 on, with declarations. */
async function buildLibrary(): Promise<void> {
  await build({
    entryPoints: { library: 'src/main/library.ts' },
    outdir: NEW,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    external: PACKAGES,
    logLevel: 'warning',
  });
  await writeTypes('main/library', `${NEW}/types`);
}

/** The small programs beside the keeper, each of one file: static, alone. */
async function buildSmall(name: string): Promise<void> {
  const flags = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-O2', '-static', '-D_GNU_SOURCE', '-s'];
  await run(process.env['CC'] ?? 'cc', [...flags, '-o', `${NEW}/${name}`, `native/${name}/${name}.c`]);
}

await rm(NEW, { recursive: true, force: true });
await mkdir(NEW, { recursive: true });
await Promise.all([
  buildBundles(),
  buildLibrary(),
  run('sh', ['native/build.sh', `${NEW}/keeper`]),
  buildSmall('init'),
  buildSmall('launch'),
  run('sh', ['native/resolver/build.sh', `${NEW}/resolver`]),
  buildSmall('probe'),
  buildHelloImage(`${NEW}/hello.tar`),
]);
await warmUp(NEW);
// What runs meanwhile goes on with the old files.
await rm(OLD, { recursive: true, force: true });
if (existsSync('dist')) await rename('dist', OLD);
await rename(NEW, 'dist');
await rm(OLD, { recursive: true, force: true });
