import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeScratch } from './scratch-directory.ts';

const MODULE = fileURLToPath(new URL('./scratch-directory.ts', import.meta.url));

test('makeScratch() removes what a killed process left, and nothing of one that lives', () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-test-'));
  try {
    const script = `const { makeScratch } = await import(${JSON.stringify(MODULE)});
      const { path } = makeScratch(${JSON.stringify(folder)});
      (await import('node:fs')).mkdirSync(path + '/deep');
      process.kill(process.pid, 'SIGKILL');`;
    const killed = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
    assert.equal(killed.signal, 'SIGKILL', String(killed.stderr));
    assert.equal(readdirSync(folder).length, 1);
    writeFileSync(join(folder, 'berth-scratch'), '');
    symlinkSync('/', join(folder, 'berth-scratch-1-1-link'));
    using first = makeScratch(folder);
    using second = makeScratch(folder);
    const names = [first, second].map(({ path }) => path.slice(folder.length + 1));
    assert.deepEqual(readdirSync(folder).sort(), ['berth-scratch', 'berth-scratch-1-1-link', ...names].sort());
    second[Symbol.dispose]();
    assert.equal(existsSync(second.path), false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
