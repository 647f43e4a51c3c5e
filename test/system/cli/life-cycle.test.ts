import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { IMAGE, removeAll } from '../../lib/engine-fixture.ts';
import { type BerthFixture, openBerth } from './berth.ts';

const gone = (name: string): string => `Error response from daemon: No such container: ${name}\n`;

describe('life-cycle commands', () => {
  let box: BerthFixture;
  before(async () => {
    box = await openBerth();
  });
  beforeEach(() => removeAll(box.core));
  after(() => box[Symbol.asyncDispose]());

  const runSleeper = async (name: string) => {
    const result = await box.berth(['run', '-d', '--name', name, IMAGE, 'sleep', '1000']);
    assert.equal(result.code, 0, result.stderr);
  };

  test('do what they can to each name, and tell all complaints at the end', async () => {
    await runSleeper('aa');
    await runSleeper('bb');
    const expected = { code: 1, stdout: 'aa\nbb\n', stderr: gone('xx') + gone('yy') };
    for (const command of [['pause'], ['unpause'], ['restart', '-t', '0'], ['stop', '-t', '0'], ['rm']])
      assert.deepEqual(await box.berth([...command, 'xx', 'aa', 'yy', 'bb']), expected, command.join(' '));
  });

  test('kill sends a signal by name or number, and explains why not', async () => {
    await runSleeper('aa');
    const killed = await box.berth(['kill', '-s', '9', 'xx', 'aa']);
    assert.equal(killed.stdout, 'aa\n');
    assert.match(killed.stderr, /^Error response from daemon: cannot kill container: xx: No such container: xx\n$/i);
    assert.deepEqual(await box.berth(['wait', 'aa']), { code: 0, stdout: '137\n', stderr: '' });
    const again = await box.berth(['kill', 'aa']);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /^Error response from daemon: cannot kill container: aa: .* is not running\n$/i);
    const bad = await box.berth(['kill', '-s', 'NOPE', 'aa']);
    assert.match(bad.stderr, /invalid signal: NOPE/i);
  });

  test('start tells each complaint at once and the names that failed', async () => {
    await box.berth(['create', '--name', 'aa', IMAGE, 'sleep', '1000']);
    const started = await box.berth(['start', 'xx', 'aa']);
    assert.deepEqual(started, {
      code: 1,
      stdout: 'aa\n',
      stderr: `${gone('xx')}Error: failed to start containers: xx\n`,
    });
    assert.deepEqual(await box.berth(['start', '-a', 'aa', 'bb']), {
      code: 1,
      stdout: '',
      stderr: 'you cannot start and attach multiple containers at once\n',
    });
  });

  test('start -a shows the output and ends with the status', async () => {
    await box.berth(['create', '--name', 'aa', IMAGE, 'sh', '-c', 'echo out; echo err >&2; exit 6']);
    assert.deepEqual(await box.berth(['start', '-a', 'aa']), { code: 6, stdout: 'out\n', stderr: 'err\n' });
  });

  test('attach joins a running container and refuses others', async () => {
    const script = 'read go; echo "$go"; exit 2';
    await box.berth(['run', '-d', '-i', '--name', 'aa', IMAGE, 'sh', '-c', script]);
    assert.deepEqual(await box.berth(['attach', 'aa'], { input: 'on\n' }), { code: 2, stdout: 'on\n', stderr: '' });
    assert.deepEqual(await box.berth(['attach', 'aa']), {
      code: 1,
      stdout: '',
      stderr: 'You cannot attach to a stopped container, start it first\n',
    });
    await runSleeper('bb');
    await box.berth(['pause', 'bb']);
    assert.match(
      (await box.berth(['attach', 'bb'])).stderr,
      /^You cannot attach to a paused container, unpause it first/,
    );
  });

  test('wait prints statuses in the order of the names', async () => {
    await box.berth(['run', '-d', '--name', 'aa', IMAGE, 'sh', '-c', 'exit 4']);
    await box.berth(['run', '-d', '--name', 'bb', IMAGE, 'true']);
    assert.deepEqual(await box.berth(['wait', 'aa', 'xx', 'bb']), { code: 1, stdout: '4\n0\n', stderr: gone('xx') });
  });

  test('rm -f takes what is not there for removed; a running one needs it', async () => {
    await runSleeper('aa');
    const refused = await box.berth(['rm', 'aa']);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /container is running: stop the container before removing or force remove/);
    assert.deepEqual(await box.berth(['rm', '-f', 'xx', 'aa']), { code: 0, stdout: 'aa\n', stderr: gone('xx') });
    assert.deepEqual(await box.berth(['rm', '/']), { code: 1, stdout: '', stderr: 'container name cannot be empty\n' });
  });

  test('rename gives a new name and explains why not', async () => {
    await box.berth(['create', '--name', 'aa', IMAGE, 'true']);
    assert.deepEqual(await box.berth(['rename', 'aa', 'cc']), { code: 0, stdout: '', stderr: '' });
    assert.deepEqual(await box.berth(['rename', 'xx', 'yy']), {
      code: 1,
      stdout: '',
      stderr: `${gone('xx')}Error: failed to rename container named xx\n`,
    });
    assert.equal((await box.berth(['rename', ' ', 'yy'])).stderr, 'Error: Neither old nor new names may be empty\n');
  });

  test('update changes limits of several, and wants at least one', async () => {
    await runSleeper('aa');
    assert.deepEqual(await box.berth(['update', '--pids-limit', '77', 'aa', 'xx']), {
      code: 1,
      stdout: 'aa\n',
      stderr: gone('xx'),
    });
    assert.equal((await box.berth(['inspect', '-f', '{{.HostConfig.PidsLimit}}', 'aa'])).stdout, '77\n');
    assert.deepEqual(await box.berth(['update', 'aa']), {
      code: 1,
      stdout: '',
      stderr: 'you must provide one or more flags when using this command\n',
    });
  });

  test('exec runs in the container, with its own status, input, environment and user', async () => {
    await runSleeper('aa');
    assert.deepEqual(await box.berth(['exec', 'aa', 'sh', '-c', 'echo o; echo e >&2; exit 8']), {
      code: 8,
      stdout: 'o\n',
      stderr: 'e\n',
    });
    assert.equal((await box.berth(['exec', '-i', 'aa', 'cat'], { input: 'in' })).stdout, 'in');
    const words = ['exec', '-e', 'A=1', '-w', '/tmp', '-u', 'app', 'aa', 'sh', '-c', 'echo $A $(pwd) $(id -un)'];
    assert.equal((await box.berth(words)).stdout, '1 /tmp app\n');
    const missing = await box.berth(['exec', 'aa', 'nope']);
    assert.equal(missing.code, 127);
    assert.match(missing.stdout + missing.stderr, /^OCI runtime exec failed: .*executable file not found in \$PATH/);
    assert.deepEqual(await box.berth(['exec', 'xx', 'true']), { code: 1, stdout: '', stderr: gone('xx') });
    assert.deepEqual(await box.berth(['exec', '-d', 'aa', 'touch', '/tmp/here']), { code: 0, stdout: '', stderr: '' });
    const tty = await box.berth(['exec', '-it', 'aa', 'true']);
    assert.deepEqual(tty, { code: 1, stdout: '', stderr: 'the input device is not a TTY\n' });
    await box.berth(['stop', '-t', '0', 'aa']);
    const stopped = await box.berth(['exec', 'aa', 'true']);
    assert.equal(stopped.code, 1);
    assert.match(stopped.stderr, /^Error response from daemon: container [0-9a-f]{64} is not running\n$/);
  });

  test('logs keep the streams apart, count from the end and carry times', async () => {
    await box.berth(['run', '--name', 'aa', IMAGE, 'sh', '-c', 'echo 1; echo 2; echo 3; echo e >&2']);
    assert.deepEqual(await box.berth(['logs', 'aa']), { code: 0, stdout: '1\n2\n3\n', stderr: 'e\n' });
    const last = await box.berth(['logs', '-n', '2', 'aa']);
    assert.equal(last.stdout + last.stderr, '3\ne\n');
    assert.match((await box.berth(['logs', '-t', 'aa'])).stdout, /^\d{4}-\d\d-\d\dT\S+Z 1\n/);
    assert.equal((await box.berth(['logs', '--until', '1h', 'aa'])).stdout, '');
    assert.deepEqual(await box.berth(['logs', '--since', 'foo', 'aa']), {
      code: 1,
      stdout: '',
      stderr: 'invalid value for "since": failed to parse value as time or duration: "foo"\n',
    });
  });

  test('logs -f follows until the container ends', async () => {
    await box.berth(['run', '-d', '-i', '--name', 'aa', IMAGE, 'sh', '-c', 'echo one; read go; echo two']);
    const following = box.begin(['logs', '-f', 'aa']);
    await following.shows('one\n');
    await box.berth(['attach', 'aa'], { input: '\n' });
    assert.equal((await following.ended).stdout, 'one\ntwo\n');
  });

  test('events print what happened, plain and by template', async () => {
    const since = String(Math.floor(Date.now() / 1000));
    await box.berth(['create', '--name', 'told', '-l', 'k=v', IMAGE, 'true']);
    const until = String(Math.ceil(Date.now() / 1000) + 1);
    const range = ['events', '--since', since, '--until', until, '--filter', 'container=told'];
    const plain = await box.berth(range);
    assert.match(
      plain.stdout,
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}\S+ container create [0-9a-f]{64} \(image=busybox:latest, k=v, name=told\)\n$/,
    );
    const formatted = await box.berth([...range, '--format', '{{.Type}} {{.Action}} {{.Actor.Attributes.name}}']);
    assert.equal(formatted.stdout, 'container create told\n');
    const bad = await box.berth(['events', '--format', '{{.Nope}}']);
    assert.equal(bad.code, 64);
    assert.match(bad.stderr, /^Error parsing format: .*Nope/);
  });
});
