import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { IMAGE } from '../../lib/engine-fixture.ts';
import { type BerthFixture, openBerth } from './berth.ts';

const CTRL_C = '\x03';
const DETACH = '\x10\x11';
/** A shell that asks its terminal nothing, with a prompt that is easily found. */
const SHELL = ['sh', '-c', 'export PS1="%> "; exec env TERM=dumb sh -i'];

describe('terminals', () => {
  let box: BerthFixture;
  before(async () => {
    box = await openBerth();
  });
  after(() => box[Symbol.asyncDispose]());

  test('run -it gives the program a terminal of our size, and passes bytes as they are', async () => {
    const running = box.onTerminal([
      'run',
      '--rm',
      '-it',
      IMAGE,
      'sh',
      '-c',
      'stty size; tty; printf "a\\nb\\n"; exit 7',
    ]);
    const { code, stdout } = await running.ended;
    assert.equal(code, 7);
    // The container's terminal turns line feeds into two characters; ours must not do it again.
    assert.equal(stdout, '33 77\r\n/dev/pts/0\r\na\r\nb\r\n');
  });

  test('keys reach the program; the interrupt key interrupts there', async () => {
    const script =
      'trap "echo interrupted; exit 9" INT; echo ready; read line; echo "read $line"; while :; do sleep 0.1; done';
    const running = box.onTerminal(['run', '--rm', '-it', IMAGE, 'sh', '-c', script]);
    await running.shows('ready');
    running.process.stdin?.write('hello\r');
    await running.shows('read hello');
    running.process.stdin?.write(CTRL_C);
    assert.equal((await running.ended).code, 9);
  });

  test('detach keys leave the container running; attach, exec and start -ai come back to it', async () => {
    const first = box.onTerminal(['run', '-it', '--name', 'shell', IMAGE, ...SHELL]);
    await first.shows('%> ');
    first.process.stdin?.write(DETACH);
    assert.equal((await first.ended).code, 0);

    const second = box.onTerminal(['attach', '--detach-keys', 'ctrl-a,x', 'shell']);
    await second.shows('%> ');
    second.process.stdin?.write('echo again$((1+1))\r');
    await second.shows('again2');
    second.process.stdin?.write('\x01x');
    const left = await second.ended;
    assert.equal(left.code, 1);
    assert.match(left.stdout, /read escape sequence/);

    const inside = box.onTerminal(['exec', '-it', 'shell', 'sh', '-c', 'stty size; exit 5']);
    const { code, stdout } = await inside.ended;
    assert.equal(code, 5);
    assert.equal(stdout, '33 77\r\n');

    const third = box.onTerminal(['attach', 'shell']);
    await third.shows('%> ');
    third.process.stdin?.write('exit 3\r');
    assert.equal((await third.ended).code, 3);

    const fourth = box.onTerminal(['start', '-ai', 'shell']);
    await fourth.shows('%> ');
    fourth.process.stdin?.write('exit 4\r');
    assert.equal((await fourth.ended).code, 4);
    assert.equal((await box.berth(['rm', 'shell'])).stdout, 'shell\n');
  });

  test('the terminal is as before afterwards', async () => {
    const { stdout } = await box.onTerminal(['run', '--rm', '-it', IMAGE, 'true']).ended;
    assert.equal(stdout, '');
    // The next program on the same terminal sees ordinary line ends and echo.
    const checked = await box.onTerminal(['run', '--rm', '-it', IMAGE, 'no-such-program']).ended;
    assert.equal(checked.code, 127);
    assert.match(checked.stdout, /executable file not found in \$PATH\r\n\r\nRun 'berth run --help'/);
  });

  test('run -t without -i writes to any output', async () => {
    const result = await box.berth(['run', '--rm', '-t', IMAGE, 'echo', 'hi']);
    assert.deepEqual(result, { code: 0, stdout: 'hi\r\n', stderr: '' });
  });
});
