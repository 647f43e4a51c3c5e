/** Containers that make control groups of their own, as systemd and engines in containers do. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { detectCgroups, groupDir } from '#sys/cgroup/host.ts';
import { type EngineFixture, eventually, openEngineFixture, request, split } from '../../lib/engine-fixture.ts';

const host = detectCgroups();
const isV1 = host.version === 1;

/** The first process goes into a group below its own; on v2 that one then hands controllers down and takes no processes. */
const MOVE = isV1
  ? 'cd /sys/fs/cgroup/pids; mkdir -p init/deep other; echo $$ > init/deep/cgroup.procs'
  : 'cd /sys/fs/cgroup; mkdir -p init other/deep; echo $$ > init/cgroup.procs; echo +pids +memory > cgroup.subtree_control';

async function execIn(fixture: EngineFixture, ref: string, Cmd: string[]): Promise<string> {
  const { execs } = fixture.core;
  const { Id } = await execs.create(ref, { Cmd, AttachStdout: true, AttachStderr: true });
  const { stream } = await execs.start(Id, {});
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk);
  const { stdout, stderr } = split(Buffer.concat(chunks));
  return stdout + stderr;
}

test('exec finds a place in a container that has made control groups of its own, and they go with it', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const { Id } = await containers.create(
    request(['sh', '-c', `set -e; ${MOVE}; : > /tmp/ready; exec sleep 1000`], { HostConfig: { Privileged: true } }),
  );
  await containers.start(Id);
  const { pid, cgroupPath } = await containers.locate(Id);
  await eventually('the groups are made', () => existsSync(`/proc/${pid}/root/tmp/ready`));
  const groups = await execIn(fixture, Id, ['grep', isV1 ? ':pids:' : '0::', '/proc/self/cgroup']);
  assert.match(groups, isV1 ? /:pids:.*\n$/ : /^0::\/init\n$/);
  await containers.kill(Id);
  await (await containers.wait(Id)).done;
  const dirs = [...host.hierarchies, ...(host.unified === undefined ? [] : [host.unified])].map((hierarchy) =>
    groupDir(hierarchy, cgroupPath),
  );
  await eventually('its groups are gone', () => !dirs.some((dir) => existsSync(dir)));
});
