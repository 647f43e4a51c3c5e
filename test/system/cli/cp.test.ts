import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { IMAGE } from '../../lib/engine-fixture.ts';
import { type BerthFixture, openBerth } from './berth.ts';

describe('berth cp', () => {
  let box: BerthFixture;
  let here = '';
  before(async () => {
    box = await openBerth();
    here = box.scratch;
    mkdirSync(join(here, 'dir/deep'), { recursive: true });
    writeFileSync(join(here, 'file'), 'a file\n', { mode: 0o640 });
    writeFileSync(join(here, 'dir/deep/inner'), 'inner\n');
    symlinkSync('file', join(here, 'link'));
    execFileSync('touch', ['-d', '2020-01-02T03:04:05.123456789Z', join(here, 'file')]);
    const started = await box.berth(['run', '-d', '--name', 'box', IMAGE, 'sleep', '1000']);
    assert.equal(started.code, 0, started.stderr);
  });
  after(() => box[Symbol.asyncDispose]());

  const inside = async (...words: string[]): Promise<string> => (await box.berth(['exec', 'box', ...words])).stdout;
  const silent = { code: 0, stdout: '', stderr: '' };

  test('copies a file with its mode and time into a running container, owned by root', async () => {
    assert.deepEqual(await box.berth(['cp', 'file', 'box:/tmp/copied']), silent);
    assert.equal(await inside('cat', '/tmp/copied'), 'a file\n');
    assert.equal(await inside('stat', '-c', '%a %u %Y', '/tmp/copied'), '640 0 1577934245\n');
  });

  test('copies folders, and their contents with a dot at the end', async () => {
    await inside('mkdir', '/tmp/there');
    assert.deepEqual(await box.berth(['cp', 'dir', 'box:/tmp/new']), silent);
    assert.deepEqual(await box.berth(['cp', 'dir', 'box:/tmp/there']), silent);
    assert.deepEqual(await box.berth(['cp', 'dir/.', 'box:/tmp/there']), silent);
    assert.equal(
      await inside('sh', '-c', 'cd /tmp; find new there -type f | sort'),
      'new/deep/inner\nthere/deep/inner\nthere/dir/deep/inner\n',
    );
  });

  test('copies links as links, and what they lead to with -L', async () => {
    await box.berth(['cp', 'link', 'box:/tmp/l']);
    assert.equal(await inside('readlink', '/tmp/l'), 'file\n');
    await box.berth(['cp', '-L', 'link', 'box:/tmp/l2']);
    assert.equal(await inside('cat', '/tmp/l2'), 'a file\n');
  });

  test('copies out of a container, running or not', async () => {
    await inside(
      'sh',
      '-c',
      'mkdir -p /tmp/out/sub; echo x > /tmp/out/sub/f; ln -s f /tmp/out/sub/l; ln /tmp/out/sub/f /tmp/out/h',
    );
    assert.deepEqual(await box.berth(['cp', 'box:/tmp/out', 'fetched']), silent);
    assert.equal(readFileSync(join(here, 'fetched/sub/f'), 'utf8'), 'x\n');
    assert.equal(readlinkSync(join(here, 'fetched/sub/l')), 'f');
    assert.equal(lstatSync(join(here, 'fetched/h')).ino, lstatSync(join(here, 'fetched/sub/f')).ino);
    await box.berth(['run', '--name', 'ended', IMAGE, 'sh', '-c', 'echo done > /tmp/result']);
    assert.deepEqual(await box.berth(['cp', 'ended:/tmp/result', '.']), silent);
    assert.equal(readFileSync(join(here, 'result'), 'utf8'), 'done\n');
  });

  test('- is a tar on standard output and input', async () => {
    const running = box.begin(['cp', 'box:/etc/passwd', '-']);
    running.process.stdin?.end();
    const { code, stdout } = await running.ended;
    assert.equal(code, 0);
    const listed = execFileSync('tar', ['-t'], { input: Buffer.from(stdout, 'latin1') }).toString();
    assert.equal(listed, 'passwd\n');
    const tar = execFileSync('tar', ['-C', here, '-c', 'dir']);
    await inside('mkdir', '/tmp/from-tar');
    assert.deepEqual(await box.berth(['cp', '-', 'box:/tmp/from-tar'], { input: tar }), silent);
    assert.equal(await inside('cat', '/tmp/from-tar/dir/deep/inner'), 'inner\n');
  });

  test('a large file comes back as it was', async () => {
    const bytes = Buffer.alloc(24 * 1024 * 1024 + 17);
    for (let i = 0; i < bytes.length; i += 4096) bytes.writeUInt32LE(i, Math.min(i, bytes.length - 4));
    writeFileSync(join(here, 'large'), bytes);
    assert.deepEqual(await box.berth(['cp', 'large', 'box:/tmp/large']), silent);
    assert.deepEqual(await box.berth(['cp', 'box:/tmp/large', 'large2']), silent);
    assert.ok(readFileSync(join(here, 'large2')).equals(bytes));
  });

  test('does not write through a link that leads out of the destination', async () => {
    // A link and a folder of one name cannot both be in a container, but an archive can say anything.
    mkdirSync(join(here, 'outside'), { recursive: true });
    mkdirSync(join(here, 'target'), { recursive: true });
    symlinkSync('../outside', join(here, 'target/sub'));
    await inside('sh', '-c', 'mkdir -p /tmp/evil/sub; echo bad > /tmp/evil/sub/f');
    const result = await box.berth(['cp', 'box:/tmp/evil/.', 'target']);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /cannot overwrite non-directory "sub" with directory/);
    assert.equal(existsSync(join(here, 'outside/f')), false);
  });

  const refusals: readonly (readonly [words: readonly string[], stderr: string | RegExp])[] = [
    [['nowhere', 'box:/tmp'], /^lstat .*\/nowhere: no such file or directory\n$/],
    [['box:/nowhere', '.'], 'Error response from daemon: Could not find the file /nowhere in container box\n'],
    [['no:/x', '.'], 'Error response from daemon: No such container: no\n'],
    [['file', 'box:/no/such/x'], 'Error response from daemon: Could not find the file /no/such in container box\n'],
    [['dir', 'box:/etc/passwd'], 'cannot copy directory\n'],
    [['file', 'box:/tmp/newdir/'], 'no such directory\n'],
    [['box:/etc/passwd', 'no/such/x'], /^invalid output path: directory ".*\/no\/such" does not exist\n$/],
    [['box:/a', 'box:/b'], 'copying between containers is not supported\n'],
    [['file', 'dir'], 'must specify at least one container source\n'],
    [['', 'box:/'], 'source can not be empty\n'],
    [['file', ''], 'destination can not be empty\n'],
    [['-', 'box:/etc/passwd'], 'destination "box:/etc/passwd" must be a directory\n'],
    [['file', 'box:/dev/null'], 'destination "box:/dev/null" must be a directory or a regular file: got a device\n'],
  ];
  for (const [words, stderr] of refusals)
    test(`cp ${words.map((word) => JSON.stringify(word)).join(' ')} is refused`, async () => {
      const result = await box.berth(['cp', ...words]);
      assert.equal(result.code, 1);
      if (typeof stderr === 'string') assert.equal(result.stderr, stderr);
      else assert.match(result.stderr, stderr);
    });
});
