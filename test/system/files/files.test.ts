import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { closeFd, openAt, openInRoot, setTimesAt } from '#sys/files/at-calls.ts';
import { copyData, dataRuns } from '#sys/files/copy-data.ts';
import { DirectoryCache } from '#sys/files/directory-cache.ts';
import { AT_FDCWD, O_DIRECTORY, O_PATH, O_RDONLY } from '#sys/files/flags.ts';
import { mountDetachedOverlay, probeOverlay } from '#sys/files/overlay-mount.ts';
import { removeTree } from '#sys/files/remove-tree.ts';
import { statAt, statFd } from '#sys/files/stat-at.ts';
import { readXattrsAt, setXattrAt } from '#sys/files/xattrs.ts';

/** A folder that vanishes with the test. */
function scratch(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'berth-files-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

test('openInRoot() resolves links and .. inside the root', () => {
  using base = scratch();
  const root = join(base.path, 'root');
  mkdirSync(join(root, 'etc'), { recursive: true });
  writeFileSync(join(base.path, 'secret'), 'host');
  writeFileSync(join(root, 'secret'), 'inside');
  symlinkSync('/secret', join(root, 'absolute'));
  symlinkSync('../../../../secret', join(root, 'etc/relative'));
  symlinkSync('/proc/self/root/secret', join(root, 'magic'));
  const fd = openSync(root, 'r');
  for (const path of ['absolute', 'etc/relative', '../secret', '../../secret', '/secret']) {
    const file = openInRoot(fd, path, O_RDONLY);
    assert.equal(readFileSync(file, 'utf8'), 'inside', path);
    closeFd(file);
  }
  assert.throws(() => openInRoot(fd, 'magic', O_RDONLY), { code: 'ENOENT' });
  closeSync(fd);
});

test('openInRoot() never leaves the root while someone swaps a directory for a link', async () => {
  using base = scratch();
  const root = join(base.path, 'root');
  mkdirSync(join(root, 'a/b'), { recursive: true });
  mkdirSync(join(base.path, 'b'));
  writeFileSync(join(base.path, 'b/file'), 'host');
  writeFileSync(join(root, 'a/b/file'), 'inside');
  mkdirSync(join(root, 'b'));
  writeFileSync(join(root, 'b/file'), 'inside');
  const stop = new SharedArrayBuffer(4);
  const program = `
    const { workerData } = require('node:worker_threads'); const fs = require('node:fs');
    const flag = new Int32Array(workerData.stop);
    fs.symlinkSync('../../../', workerData.root + '/link');
    while (Atomics.load(flag, 0) === 0) {
      fs.renameSync(workerData.root + '/a', workerData.root + '/held');
      fs.renameSync(workerData.root + '/link', workerData.root + '/a');
      fs.renameSync(workerData.root + '/a', workerData.root + '/link');
      fs.renameSync(workerData.root + '/held', workerData.root + '/a');
    }`;
  const worker = new Worker(program, { eval: true, workerData: { root, stop } });
  const fd = openSync(root, 'r');
  try {
    for (let i = 0; i < 20_000; i++) {
      let file: number;
      try {
        file = openInRoot(fd, 'a/b/file', O_RDONLY);
      } catch (error) {
        assert.ok(
          ['ENOENT', 'ENOTDIR', 'EXDEV'].includes(String((error as NodeJS.ErrnoException).code)),
          String(error),
        );
        continue;
      }
      assert.equal(readFileSync(file, 'utf8'), 'inside');
      closeFd(file);
    }
  } finally {
    Atomics.store(new Int32Array(stop), 0, 1);
    await new Promise((resolve) => worker.once('exit', resolve));
    closeSync(fd);
  }
});

test('DirectoryCache makes missing parents inside the root and keeps few descriptors', () => {
  using base = scratch();
  symlinkSync('/inner', join(base.path, 'link'));
  mkdirSync(join(base.path, 'inner'));
  const root = openSync(base.path, 'r');
  const before = readdirSync('/proc/self/fd').length;
  {
    using cache = new DirectoryCache(root);
    for (let i = 0; i < 1000; i++) cache.get(`link/d${i}/e`);
    assert.ok(readdirSync('/proc/self/fd').length < before + 300);
  }
  assert.equal(readdirSync(join(base.path, 'inner')).length, 1000);
  assert.equal(readdirSync('/proc/self/fd').length, before);
  closeSync(root);
});

test('removeTree() removes deep trees and links without following them', () => {
  using base = scratch();
  writeFileSync(join(base.path, 'kept'), 'k');
  const tree = join(base.path, 'tree');
  mkdirSync(tree);
  symlinkSync(base.path, join(tree, 'link'));
  const script = 'import os\nfor i in range(3000):\n  os.mkdir("d"); os.chdir("d")\nopen(b"\\xff","w")';
  execFileSync('python3', ['-c', script], { cwd: tree });
  removeTree(tree);
  removeTree(tree);
  assert.deepEqual(readdirSync(base.path), ['kept']);
});

test('mountDetachedOverlay() shows layers, takes writes and is in no mount table', () => {
  using base = scratch();
  const [lower, upper, work] = ['lower', 'upper', 'work'].map((name) => join(base.path, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [lower, upper, work]) mkdirSync(path);
  writeFileSync(join(lower, 'a'), 'a');
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
  const fd = mountDetachedOverlay({ lower: [lower], upper, work });
  try {
    assert.equal(readFileSync(`/proc/self/fd/${fd}/a`, 'utf8'), 'a');
    rmSync(`/proc/self/fd/${fd}/a`);
    writeFileSync(`/proc/self/fd/${fd}/b`, 'b');
    assert.equal(readFileSync('/proc/self/mountinfo', 'utf8'), mounts);
  } finally {
    closeFd(fd);
  }
  assert.deepEqual(readdirSync(upper).sort(), ['a', 'b']);
  assert.equal(lstatSync(join(upper, 'a')).isCharacterDevice(), true);
  assert.equal(existsSync(join(lower, 'a')), true);
});

test('probeOverlay() says yes here and leaves nothing', () => {
  using base = scratch();
  assert.equal(probeOverlay(`${base.path}/`), true);
  assert.deepEqual(readdirSync(base.path), []);
});

test('statAt() and setTimesAt() know times of any century to the nanosecond', () => {
  using base = scratch();
  writeFileSync(join(base.path, 'file'), 'x');
  const dir = openAt(AT_FDCWD, base.path, O_PATH | O_DIRECTORY);
  for (const seconds of [0, -1, -2_000_000_000, 1_700_000_000, 5_000_000_000, 15_000_000_000]) {
    setTimesAt(dir, 'file', seconds, 123_456_789);
    const stat = statAt(dir, 'file');
    assert.deepEqual([stat.mtimeSeconds, stat.mtimeNanos], [seconds, 123_456_789]);
  }
  assert.equal(statFd(dir).links >= 2, true);
  closeFd(dir);
});

test('copyData() keeps holes and data', () => {
  using base = scratch();
  const from = join(base.path, 'from');
  const to = join(base.path, 'to');
  execFileSync('truncate', ['-s', '20M', from]);
  execFileSync('dd', ['if=/dev/urandom', `of=${from}`, 'bs=4096', 'seek=1000', 'count=3', 'conv=notrunc'], {
    stdio: 'ignore',
  });
  const source = openSync(from, 'r');
  const target = openSync(to, 'w');
  copyData(source, target, 20 * 1024 * 1024);
  assert.deepEqual(dataRuns(source, 20 * 1024 * 1024), [{ offset: 4096 * 1000, size: 3 * 4096 }]);
  closeSync(source);
  closeSync(target);
  assert.ok(readFileSync(to).equals(readFileSync(from)));
  assert.ok(lstatSync(to).blocks < 100);
});

test('attributes are read and written without following links', () => {
  using base = scratch();
  writeFileSync(join(base.path, 'target'), 'x');
  symlinkSync('target', join(base.path, 'link'));
  const dir = openAt(AT_FDCWD, base.path, O_RDONLY | O_DIRECTORY);
  const value = Buffer.alloc(10_000, 1);
  setXattrAt(dir, 'link', 'trusted.note', Buffer.from('on the link'));
  // ext4 takes a value this long only where its inode feature allows; a block is always fine.
  setXattrAt(dir, 'target', 'trusted.note', value.subarray(0, 3000));
  assert.equal(Buffer.from(readXattrsAt(dir, 'link', () => true)!.get('trusted.note')!).toString(), 'on the link');
  assert.equal(readXattrsAt(dir, 'target', () => true)!.get('trusted.note')!.length, 3000);
  assert.equal(
    readXattrsAt(dir, 'target', (name) => name.startsWith('user.')),
    undefined,
  );
  renameSync(join(base.path, 'target'), join(base.path, 'moved'));
  assert.throws(() => setXattrAt(dir, 'target', 'trusted.note', value), { code: 'ENOENT' });
  closeFd(dir);
});
