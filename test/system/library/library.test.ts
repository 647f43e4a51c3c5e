import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { removeNetworksOf } from '../../lib/host-network.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const CONSUMER = fileURLToPath(new URL('./consumer.mts', import.meta.url));

let folder: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-library-'));
  mkdirSync(join(folder, 'node_modules/@types'), { recursive: true });
  symlinkSync(repository, join(folder, 'node_modules/berth'));
  symlinkSync(join(repository, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'));
  cpSync(CONSUMER, join(folder, 'consumer.mts'));
});

after(async () => {
  await removeNetworksOf(join(folder, 'root'));
  rmSync(folder, { recursive: true, force: true });
});

test('a program that imports berth checks strictly against its declarations', () => {
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2024', 'esnext.disposable'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: ['node'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.mts'] }));
  const compiler = join(repository, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
});

test('a program that imports berth runs containers in process', () => {
  const words = ['consumer.mts', join(folder, 'root'), join(repository, 'dist/hello.tar')];
  const output = execFileSync(process.execPath, words, { cwd: folder, encoding: 'utf8' });
  assert.deepEqual(output.trim().split('\n'), ['[0,true,""]', '[0,true]', 'enough', 'not-found']);
});
