import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { eventually, IMAGE } from '../../lib/engine-fixture.ts';
import { type BerthFixture, openBerth } from './berth.ts';

describe('commands that look at the engine', () => {
  let box: BerthFixture;
  let id: string;

  const ok = async (...args: string[]): Promise<string> => {
    const result = await box.berth(args);
    assert.equal(result.stderr, '');
    assert.equal(result.code, 0, args.join(' '));
    return result.stdout;
  };

  before(async () => {
    box = await openBerth();
    id = (await ok('run', '-d', '--name', 'web', '--label', 'tier=front', IMAGE, 'sh', '-c', 'sleep 1000')).trim();
    await ok('create', '--name', 'idle', '--label', 'tier=back', IMAGE, 'true');
  });
  after(() => box[Symbol.asyncDispose]());

  test('ps lists what runs, all, by filter and by template', async () => {
    const [header, line] = (await ok('ps')).split('\n');
    assert.match(header ?? '', /^CONTAINER ID {3}IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES$/);
    assert.match(line ?? '', new RegExp(`^${id.slice(0, 12)}   busybox:latest   "sh -c 'sleep 1000'" .* Up .* web$`));
    assert.equal(await ok('ps', '-a', '--format', '{{.Names}} {{.State}}'), 'idle created\nweb running\n');
    assert.equal(await ok('ps', '-a', '--filter', 'label=tier=back', '--format', '{{.Names}}'), 'idle\n');
    assert.equal(await ok('ps', '-q', '--no-trunc'), `${id}\n`);
    assert.match(await ok('ps', '-s', '--format', '{{.Size}}'), /^0B \(virtual [0-9.]+[kM]B\)\n$/);
  });

  test('ps refuses a filter that does not exist', async () => {
    const { code, stderr } = await box.berth(['ps', '--filter', 'zzz=1']);
    assert.equal(code, 1);
    assert.match(stderr, /^Error response from daemon: invalid filter 'zzz'/);
  });

  test("inspect finds containers and images, and templates see docker's structs", async () => {
    const [container] = JSON.parse(await ok('inspect', 'web')) as [{ Id: string }];
    assert.equal(container.Id, id);
    assert.equal(await ok('inspect', '-f', '{{.ID}} {{.State.Running}}', 'web'), `${id} true\n`);
    assert.equal(await ok('inspect', '-f', '{{if .State.Health}}h{{else}}none{{end}}', 'web'), 'none\n');
    assert.equal(await ok('inspect', '-f', '{{index .Config.Labels "tier"}}', 'web', 'idle'), 'front\nback\n');
    assert.equal(await ok('image', 'inspect', '-f', '{{json .RepoTags}}', IMAGE), '["busybox:latest"]\n');
    const missing = await box.berth(['inspect', '-f', '{{.Name}}', 'nobody', 'web']);
    assert.deepEqual(missing, { code: 1, stdout: '/web\n', stderr: 'Error: No such object: nobody\n' });
  });

  test('top shows the processes and stats their use', async () => {
    const [header, ...processes] = (await ok('top', 'web', '-o', 'pid,args')).trimEnd().split('\n');
    assert.match(header ?? '', /^PID +COMMAND$/);
    assert.ok(
      processes.some((line) => /^\d+ +sleep 1000$/.test(line)),
      processes.join('\n'),
    );
    assert.match(
      await ok('stats', '--no-stream', '--format', '{{.Name}} {{.MemUsage}} {{.PIDs}}', 'web'),
      /^web [0-9.]+[KM]iB \/ [0-9.]+[MGT]iB [12]\n$/,
    );
  });

  test('stats draws again and again until it is told to end', async () => {
    const running = box.begin(['stats', 'web']);
    await running.shows('\x1b[H');
    const drawn = () => running.stdout().split('\x1b[J').length - 1;
    await eventually('a second picture', () => drawn() >= 2);
    running.process.kill('SIGTERM');
    await running.ended;
    assert.match(running.stdout(), /CONTAINER ID {3}NAME/);
  });

  test('diff names what changed', async () => {
    await ok('exec', 'web', 'sh', '-c', 'echo 1 > /etc/new; rm /etc/group; echo 2 >> /etc/passwd');
    assert.deepEqual((await ok('diff', 'web')).trimEnd().split('\n').sort(), [
      'A /etc/new',
      'C /etc',
      'C /etc/passwd',
      'D /etc/group',
    ]);
  });

  test('images, history, tag and rmi work on names', async () => {
    await ok('tag', IMAGE, 'example.com:5000/tools/box:1');
    const names = await ok('images', '--format', '{{.Repository}}:{{.Tag}}');
    assert.deepEqual(names.trimEnd().split('\n').sort(), ['busybox:latest', 'example.com:5000/tools/box:1']);
    assert.match(await ok('history', IMAGE), /^IMAGE +CREATED +CREATED BY +SIZE +COMMENT\n[0-9a-f]{12} /);
    assert.equal(await ok('rmi', 'example.com:5000/tools/box:1'), 'Untagged: example.com:5000/tools/box:1\n');
    const used = await box.berth(['rmi', IMAGE]);
    assert.equal(used.code, 1);
    assert.match(used.stderr, /^Error response from daemon: conflict: unable to /);
  });

  test('system df accounts for images and containers, system fsck finds nothing', async () => {
    assert.match(await ok('system', 'df'), /\nImages +1 +1 +[0-9.]+[kM]B +/);
    const verbose = await ok('system', 'df', '-v');
    assert.match(verbose, /Containers space usage:\n\nCONTAINER ID /);
    const du = execFileSync('du', ['-sxB1', box.root], { encoding: 'utf8' }).split('\t')[0]!;
    assert.equal(/\nTotal .* (\d+)\n/.exec(verbose)?.[1], du, verbose);
    const parts = [...verbose.slice(verbose.indexOf('WHAT')).matchAll(/ (\d+)$/gm)].map((match) => Number(match[1]));
    assert.equal(
      parts.slice(0, -1).reduce((sum, bytes) => sum + bytes),
      Number(du),
      verbose,
    );
    assert.equal(await ok('system', 'fsck'), 'The database and the disk agree.\n');
  });

  test('info and version tell of the engine, and templates of both', async () => {
    assert.match(await ok('info'), /\n Containers: 2\n {2}Running: 1\n/);
    assert.equal(await ok('info', '-f', '{{.ContainersRunning}}'), '1\n');
    assert.equal(await ok('version', '-f', '{{.Server.APIVersion}}'), '1.50\n');
  });

  test('container prune asks, and removes what does not run', async () => {
    const asked = await box.berth(['container', 'prune'], { input: 'n\n' });
    assert.equal(asked.code, 0);
    assert.match(await ok('ps', '-aq', '--filter', 'name=idle'), /^[0-9a-f]{12}\n$/);
    const pruned = await box.berth(['container', 'prune'], { input: 'y\n' });
    assert.match(pruned.stdout, /\[y\/N\] Deleted Containers:\n[0-9a-f]{64}\n\nTotal reclaimed space: 0B\n$/);
    assert.equal(await ok('ps', '-a', '--format', '{{.Names}}'), 'web\n');
  });

  test('port says nothing of a container without a network', async () => {
    assert.equal(await ok('port', 'web'), '');
    const { code, stderr } = await box.berth(['port', 'web', '80']);
    assert.deepEqual([code, stderr], [1, "Error: No public port '80' published for web\n"]);
  });
});
