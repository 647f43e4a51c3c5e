import assert from 'node:assert/strict';
import { chmodSync, chownSync, copyFileSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { signalProcess, waitExit } from '#sys/keeper/attach.ts';
import { launch } from '#sys/keeper/launch.ts';
import { ownProgram } from '#sys/own-program.ts';
import { basicPlan, makeScratch, ROOT } from './basic-plan.ts';
import { assertNothingLeft, client, demultiplex, until } from './running.ts';

const USER = 4321;
const scratch = makeScratch();
after(() => scratch[Symbol.dispose]());

/** The keeper as a user without any privilege would run it. */
function becomeUser(): void {
  const copy = join(scratch.dir, 'keeper');
  copyFileSync(ownProgram('keeper'), copy);
  const wrapper = join(scratch.dir, 'as-user');
  writeFileSync(wrapper, `#!/bin/sh\nexec setpriv --reuid ${USER} --regid ${USER} --clear-groups ${copy}\n`);
  chmodSync(wrapper, 0o755);
  chmodSync(scratch.dir, 0o755);
  process.env['BERTH_KEEPER'] = wrapper;
}

function owned(): { runDir: string; upper: string; work: string } {
  const paths = scratch.run();
  for (const path of Object.values(paths)) chownSync(path, USER, USER);
  return paths;
}

const child = { side: 'child' } as const;

test('an unprivileged keeper makes a container with a user namespace of its own', async () => {
  becomeUser();
  const paths = owned();
  const map = [{ inside: 0, outside: USER, size: 1 }];
  const plan = basicPlan(paths, scratch.lower, {
    argv: ['sh', '-c', 'id -u; cat /proc/self/uid_map; echo x > /made; ls -ln /made; cat'],
    stdio: { kind: 'pipes', stdin: 'open', uid: USER, gid: USER },
    namespaces: ['user', 'mount', 'pid', 'network', 'ipc', 'uts'],
    parent: [
      { op: 'id-maps', side: 'parent', uid: map, gid: map, denySetgroups: true },
      { op: 'post', side: 'parent' },
    ],
    filesystem: [
      { ...child, op: 'wait' },
      { ...child, op: 'mount-attributes', at: { path: '/' }, set: 0, clear: 0, propagation: 1 << 18, recursive: true },
      {
        ...child,
        op: 'new-mount',
        slot: ROOT,
        fsType: 'overlay',
        options: [
          { key: 'lowerdir', value: scratch.lower },
          { key: 'upperdir', value: paths.upper },
          { key: 'workdir', value: paths.work },
          { key: 'userxattr' },
        ],
        attrs: 0,
      },
      { ...child, op: 'attach', slot: ROOT, at: { path: paths.runDir } },
      { ...child, op: 'new-mount', slot: 1, fsType: 'proc', options: [], attrs: 14 },
      { ...child, op: 'attach', slot: 1, at: { root: ROOT, path: 'proc' } },
    ],
  });
  const launched = await launch(plan);
  const one = await client(paths.runDir);
  await launched.start();
  // The program runs from a sealed copy in memory, since this user can not mount the file read-only.
  assert.match(readlinkSync(`/proc/${launched.keeperPid}/exe`), /memfd:keeper/);
  assert.match(readFileSync(`/proc/${launched.keeperPid}/status`, 'utf8'), new RegExp(`Uid:\t${USER}\t${USER}`));
  await until('all has been said', () => one.text().includes('/made\n'));
  await signalProcess(paths.runDir, 9);
  assert.equal((await waitExit(paths.runDir)).exitCode, 137);
  const { stdout } = demultiplex(await one.ended);
  assert.match(stdout, new RegExp(`^0\n +0 +${USER} +1\n-rw-r--r-- +1 0 +0 .*/made\n$`));
  await assertNothingLeft(scratch);
});
