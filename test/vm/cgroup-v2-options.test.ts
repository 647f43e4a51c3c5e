/** What the host has chosen for the tree of control groups v2 stays so, whatever Berth mounts or attaches. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { detectCgroups } from '#sys/cgroup/host.ts';
import { eventually, openEngineFixture, request, run } from '../lib/engine-fixture.ts';
import { ask, servePorts } from '../lib/outside-host.ts';

const { unified } = detectCgroups();
const skip = unified === undefined && 'needs cgroup v2 (npm run test:vm)';
const PROGRAM = fileURLToPath(new URL('../../src/main/berth.ts', import.meta.url));
const PORT = 10_000 + (process.pid % 20_000);

/** Options of the mount and of the tree, which all mounts of it share. */
function options(): string {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const fields = mounts.find((text) => text.includes(' - cgroup2 '))?.split(' ') ?? [];
  return `${fields[5]},${fields.at(-1)}`;
}

test('options of the host for control groups v2 stay when ports answer at ::1 and a container sees all groups', {
  skip,
}, async () => {
  const before = options();
  const remount = (all: string) =>
    execFileSync('mount', ['-t', 'cgroup2', '-o', `remount,${all}`, 'cgroup2', unified!.mountPoint]);
  remount(`${before},memory_localevents`);
  try {
    const changed = options();
    assert.match(changed, /memory_localevents/);
    await using fixture = await openEngineFixture();
    const restoreCommand = [process.execPath, PROGRAM, 'internal', 'restore-network', fixture.root];
    const { containers } = fixture.reopen({ restoreCommand });
    const PortBindings = { '80/tcp': [{ HostIp: '', HostPort: String(PORT) }] };
    const { Id } = await containers.create(
      request(['sleep', '1000000'], { HostConfig: { NetworkMode: 'bridge', PortBindings } }),
    );
    await containers.start(Id);
    await using _server = await servePorts((await containers.inspect(Id)).State.Pid, [80]);
    await eventually('::1 leads there', async () => / 80$/.test(await ask(undefined, 'tcp', '::1', PORT)) || undefined);
    assert.equal(options(), changed);
    const seen = await run(
      fixture.core,
      request(['cat', '/proc/self/mounts'], { HostConfig: { CgroupnsMode: 'host' } }),
    );
    assert.match(seen.stdout, / cgroup/);
    assert.equal(options(), changed);
  } finally {
    remount(before);
  }
});
