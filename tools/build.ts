/** Builds `dist/`: the keeper and the carried image from `native/`, the bundles from `src/main`. */
import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { buildHelloImage } from './hello-image.ts';

const run = promisify(execFile);

/** Entry points by their name in `dist/`. The store's worker is one of its own because threads load a file. */
const ENTRY_POINTS = {
  berth: 'src/main/berth.ts',
  runtime: 'src/main/runtime.ts',
  'file-worker': 'src/store/worker/file-worker.ts',
};

async function buildBundles(): Promise<void> {
  const result = await build({
    entryPoints: ENTRY_POINTS,
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node26',
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: 'external',
    chunkNames: 'chunks/[name]-[hash]',
    external: ['koffi'],
    metafile: true,
    logLevel: 'warning',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
    },
  });
  if (Object.keys(result.metafile.outputs).length < 3)
    throw new Error('the bundler wrote fewer files than there are entry points');
}

/** The init program of `--init`: small, static, alone. */
async function buildInit(): Promise<void> {
  const flags = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-O2', '-static', '-D_GNU_SOURCE', '-s'];
  await run(process.env['CC'] ?? 'cc', [...flags, '-o', 'dist/init', 'native/init/init.c']);
}

await rm('dist', { recursive: true, force: true });
await mkdir('dist', { recursive: true });
await Promise.all([
  buildBundles(),
  run('sh', ['native/build.sh', 'dist/keeper']),
  buildInit(),
  buildHelloImage('dist/hello.tar'),
]);
