import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { IMAGE } from '../../lib/engine-fixture.ts';
import { type BerthFixture, openBerth } from './berth.ts';

describe('archives of images and containers', () => {
  let box: BerthFixture;
  before(async () => {
    box = await openBerth();
  });
  after(() => box[Symbol.asyncDispose]());

  test('export writes the root filesystem to a file of ours alone, import makes an image of it', async () => {
    await box.berth(['run', '--name', 'made', IMAGE, 'sh', '-c', 'echo made > /made']);
    assert.deepEqual(await box.berth(['export', '-o', 'made.tar', 'made']), { code: 0, stdout: '', stderr: '' });
    const file = join(box.scratch, 'made.tar');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.match(execFileSync('tar', ['-tf', file]).toString(), /^made$/m);
    const imported = await box.berth(['import', '-c', 'CMD ["cat", "/made"]', '-m', 'a note', 'made.tar', 'again:1']);
    assert.equal(imported.code, 0, imported.stderr);
    assert.match(imported.stdout, /^sha256:[0-9a-f]{64}\n$/);
    assert.equal((await box.berth(['run', '--rm', 'again:1'])).stdout, 'made\n');
    const piped = await box.berth(['import', '-', 'again:2'], { input: readFileSync(file) });
    assert.equal(piped.code, 0, piped.stderr);
  });

  test('commit makes an image of a container', async () => {
    await box.berth(['run', '--name', 'base', IMAGE, 'sh', '-c', 'echo kept > /kept']);
    const committed = await box.berth(['commit', '-a', 'me', '-m', 'why', '-c', 'CMD cat /kept', 'base', 'kept:1']);
    assert.match(committed.stdout, /^sha256:[0-9a-f]{64}\n$/);
    assert.equal((await box.berth(['run', '--rm', 'kept:1'])).stdout, 'kept\n');
    assert.deepEqual(await box.berth(['commit', 'no-such', 'x']), {
      code: 1,
      stdout: '',
      stderr: 'Error response from daemon: No such container: no-such\n',
    });
    assert.equal(
      (await box.berth(['commit', 'base', 'BAD'])).stderr,
      'invalid reference format: repository name (library/BAD) must be lowercase\n',
    );
  });

  test('save and load carry several images, through files and through pipes', async () => {
    assert.deepEqual(await box.berth(['save', '-o', 'both.tar', IMAGE, 'again:1']), {
      code: 0,
      stdout: '',
      stderr: '',
    });
    const loaded = await box.berth(['load', '-i', 'both.tar']);
    assert.equal(loaded.code, 0, loaded.stderr);
    assert.deepEqual(loaded.stdout.split('\n').sort(), ['', 'Loaded image: again:1', `Loaded image: ${IMAGE}`]);
    const piped = await box.berth(['load', '-q'], { input: readFileSync(join(box.scratch, 'both.tar')) });
    assert.equal(piped.code, 0, piped.stderr);
    const running = box.begin(['save', IMAGE]);
    const { stdout } = await running.ended;
    assert.match(execFileSync('tar', ['-t'], { input: Buffer.from(stdout, 'latin1') }).toString(), /^manifest\.json$/m);
  });

  test('a failure leaves no file and no temporary one', async () => {
    const failed = await box.berth(['save', '-o', 'none.tar', 'no-such-image']);
    assert.equal(failed.code, 1);
    assert.equal(existsSync(join(box.scratch, 'none.tar')), false);
    assert.deepEqual(
      readdirSync(box.scratch).filter((name) => name.startsWith('.tmp')),
      [],
    );
  });

  test('refuses places that nothing can be written to', async () => {
    mkdirSync(join(box.scratch, 'folder'));
    symlinkSync('x', join(box.scratch, 'link'));
    const refused = async (output: string) => (await box.berth(['save', '-o', output, IMAGE])).stderr;
    assert.equal(await refused('folder'), 'failed to save image: cannot write to a directory\n');
    assert.equal(await refused('link'), 'failed to save image: cannot write to a symbolic link directly\n');
    assert.equal(await refused('/dev/null'), 'failed to save image: cannot write to a character device file\n');
    assert.match(
      await refused('no/such/file'),
      /^failed to save image: invalid output path: stat no\/such: no such file or directory\n$/,
    );
  });

  test('explains what it cannot read', async () => {
    writeFileSync(join(box.scratch, 'junk'), 'this is no archive');
    assert.equal((await box.berth(['load', '-i', 'missing'])).stderr, 'open missing: no such file or directory\n');
    assert.equal((await box.berth(['import', 'missing'])).stderr, 'open missing: no such file or directory\n');
    assert.equal((await box.berth(['load', '-i', 'junk'])).code, 1);
    assert.equal((await box.berth(['import', 'made.tar', 'BAD'])).code, 1);
    assert.match((await box.berth(['load', '--platform', 'a/b/c/d', '-i', 'junk'])).stderr, /^invalid platform: /);
  });

  test('does not write archives to a terminal', async () => {
    const { code, stdout } = await box.onTerminal(['save', IMAGE]).ended;
    assert.equal(code, 1);
    assert.equal(stdout, 'cowardly refusing to save to a terminal. Use the -o flag or redirect\r\n');
  });
});
