import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually, IMAGE } from '../../lib/engine-fixture.ts';
import { type BerthFixture, openBerth } from './berth.ts';

describe('berth run', () => {
  let box: BerthFixture;
  before(async () => {
    box = await openBerth();
  });
  after(() => box[Symbol.asyncDispose]());

  test('ends with the status of the program, its output apart', async () => {
    const script = 'echo out; echo err >&2; exit 3';
    const result = await box.berth(['run', '--rm', IMAGE, 'sh', '-c', script]);
    assert.deepEqual(result, { code: 3, stdout: 'out\n', stderr: 'err\n' });
    assert.equal((await box.berth(['ps', '-aq'])).stdout, '');
  });

  test('-i sends standard input to its end', async () => {
    const input = 'x'.repeat(300_000);
    const result = await box.berth(['run', '--rm', '-i', IMAGE, 'wc', '-c'], { input });
    assert.deepEqual(result, { code: 0, stdout: '300000\n', stderr: '' });
  });

  test('delivers a large output whole', async () => {
    const result = await box.berth([
      'run',
      '--rm',
      '--log-driver',
      'none',
      IMAGE,
      'sh',
      '-c',
      'yes 0123456 | head -n 1000000',
    ]);
    assert.equal(result.code, 0);
    assert.equal(result.stdout.length, 8_000_000);
    assert.equal(result.stdout.slice(-16), '0123456\n0123456\n');
  });

  test('-d prints the id and leaves the container running; --cidfile has it too', async () => {
    const result = await box.berth(['run', '-d', '--cidfile', 'id', '--name', 'web', IMAGE, 'sleep', '1000']);
    assert.equal(result.code, 0);
    assert.match(result.stdout, /^[0-9a-f]{64}\n$/);
    assert.equal(readFileSync(join(box.scratch, 'id'), 'utf8'), result.stdout.trim());
    assert.equal((await box.berth(['ps', '-q', '--no-trunc'])).stdout, result.stdout);

    const taken = await box.berth(['run', '--name', 'web', IMAGE, 'true']);
    assert.equal(taken.code, 125);
    assert.match(
      taken.stderr,
      /^berth: Error response from daemon: Conflict\. The container name "\/web" is already in use/,
    );
    assert.match(taken.stderr, /\n\nRun 'berth run --help' for more information\n$/);
    const again = await box.berth(['create', '--cidfile', 'id', IMAGE]);
    assert.deepEqual(again, {
      code: 1,
      stdout: '',
      stderr: "container ID file found, make sure the other container isn't running or delete id\n",
    });
    assert.equal((await box.berth(['rm', '-f', 'web'])).code, 0);
  });

  test('a failed create leaves no file for the id', async () => {
    const result = await box.berth(['run', '--cidfile', 'none', '--pull', 'never', 'no-such-image']);
    assert.equal(result.code, 125);
    assert.match(result.stderr, /^berth: Error response from daemon: No such image: no-such-image:latest\n/);
    assert.equal(existsSync(join(box.scratch, 'none')), false);
  });

  test('says which image is missing before it tries to pull it', async () => {
    const result = await box.berth(['run', 'no-such-image']);
    assert.equal(result.code, 125);
    assert.match(
      result.stderr,
      /^Unable to find image 'no-such-image:latest' locally\nberth: Error response from daemon: /,
    );
    const quiet = await box.berth(['run', '-q', 'no-such-image']);
    assert.doesNotMatch(quiet.stderr, /Unable to find/);
  });

  test('a program that is not there ends with 127, one that cannot be run with 126, and nothing is left', async () => {
    const missing = await box.berth(['run', '--rm', IMAGE, 'nope']);
    assert.equal(missing.code, 127);
    assert.match(missing.stderr, /exec: "nope": executable file not found in \$PATH/);
    const folder = await box.berth(['run', '--rm', IMAGE, '/etc']);
    assert.equal(folder.code, 126);
    assert.equal((await box.berth(['run', '--rm', IMAGE, '/opt/plain'])).code, 126);
    assert.equal((await box.berth(['ps', '-aq'])).stdout, '');
  });

  test('-a chooses the streams', async () => {
    const script = 'echo out; echo err >&2';
    const result = await box.berth(['run', '--rm', '-a', 'stderr', IMAGE, 'sh', '-c', script]);
    assert.deepEqual(result, { code: 0, stdout: '', stderr: 'err\n' });
    const both = await box.berth(['run', '-d', '-a', 'stdout', IMAGE]);
    assert.deepEqual(both, {
      code: 1,
      stdout: '',
      stderr: 'conflicting options: cannot specify both --attach and --detach\n',
    });
  });

  test("the environment comes from flags, files and the command line's own", async () => {
    writeFileSync(join(box.scratch, 'env'), '# file\nA=file\nB=file\nOWN\n');
    const args = [
      'run',
      '--rm',
      '--env-file',
      'env',
      '-e',
      'B=flag',
      '-e',
      'OWN2',
      IMAGE,
      'sh',
      '-c',
      'echo $A $B $OWN $OWN2',
    ];
    const result = await box.berth(args, { env: { OWN: 'mine', OWN2: 'mine2' } });
    assert.equal(result.stdout, 'file flag mine mine2\n');
  });

  test('the launcher leaves options that Node.js has too to the command line', () => {
    const launcher = fileURLToPath(new URL('../../../bin/berth', import.meta.url));
    const { status, stderr } = spawnSync(launcher, ['run', '--env-file', 'missing', IMAGE], {
      cwd: box.scratch,
      env: { ...process.env, BERTH_ROOT: box.root },
      encoding: 'utf8',
    });
    assert.equal(
      stderr,
      "berth: open missing: no such file or directory\n\nRun 'berth run --help' for more information\n",
    );
    assert.equal(status, 125);
  });

  test('a terminal needs a terminal', async () => {
    const result = await box.berth(['run', '--rm', '-it', IMAGE, 'true']);
    assert.deepEqual(result, { code: 1, stdout: '', stderr: 'the input device is not a TTY\n' });
  });

  test('forwards signals to the program', async () => {
    const script = 'trap "echo got; exit 42" TERM; echo ready; while :; do sleep 0.05; done';
    const running = box.begin(['run', '--rm', IMAGE, 'sh', '-c', script]);
    await running.shows('ready');
    running.process.kill('SIGTERM');
    assert.deepEqual(await running.ended, { code: 42, stdout: 'ready\ngot\n', stderr: '' });
  });

  test('--sig-proxy=false keeps signals to itself; the container goes on', async () => {
    const script = 'echo ready; sleep 1000';
    const running = box.begin(['run', '--sig-proxy=false', '--name', 'alone', IMAGE, 'sh', '-c', script]);
    await running.shows('ready');
    running.process.kill('SIGTERM');
    await running.ended;
    assert.equal((await box.berth(['inspect', '-f', '{{.State.Running}}', 'alone'])).stdout, 'true\n');
    assert.equal((await box.berth(['rm', '-f', 'alone'])).code, 0);
  });

  test('a reader that goes away ends the command, without a stack trace', async () => {
    const script = 'while echo y; do sleep 0.01; done';
    const running = box.begin(['run', '--name', 'endless', IMAGE, 'sh', '-c', script]);
    await running.shows('y\n');
    running.process.stdout?.destroy();
    const { code, stderr } = await running.ended;
    assert.equal(code, 141);
    assert.equal(stderr, '');
    assert.equal((await box.berth(['rm', '-f', 'endless'])).code, 0);
  });

  test('--explain prints the plan and creates nothing', async () => {
    const result = await box.berth(['run', '--explain', '-m', '64m', IMAGE, 'true']);
    assert.equal(result.code, 0);
    for (const group of ['Namespaces', 'Control groups', 'Filesystem', 'Process'])
      assert.ok(result.stdout.includes(group), `${group} is missing in ${result.stdout}`);
    assert.equal((await box.berth(['ps', '-aq'])).stdout, '');
  });

  test('--rm in the background removes the container when it ends', async () => {
    const { stdout } = await box.berth(['run', '-d', '--rm', IMAGE, 'true']);
    const id = stdout.trim();
    await eventually('the container is gone', async () => {
      const list = await box.berth(['ps', '-aq', '--no-trunc']);
      return list.stdout.includes(id) ? undefined : true;
    });
  });
});
