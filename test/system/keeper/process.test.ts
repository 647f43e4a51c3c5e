import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { signalProcess, waitExit } from '#sys/keeper/attach.ts';
import { launch } from '#sys/keeper/launch.ts';
import { basicPlan, makeScratch } from './basic-plan.ts';
import { runToEnd, started } from './running.ts';

const scratch = makeScratch();
after(() => scratch[Symbol.dispose]());

const child = { side: 'child' } as const;

/** RTM_NEWLINK that sets IFF_UP on interface 1. */
function loopbackUp(): Uint8Array {
  const message = Buffer.alloc(32);
  message.writeUInt32LE(32, 0);
  message.writeUInt16LE(16, 4);
  message.writeInt32LE(1, 20);
  message.writeUInt32LE(1, 24);
  message.writeUInt32LE(1, 28);
  return message;
}

test('netlink messages act in the network namespace of the process, holes filled', async () => {
  const { stdout } = await runToEnd(scratch, {
    argv: ['cat', '/proc/net/if_inet6', '/proc/net/route'],
    beforePivot: [
      {
        ...child,
        op: 'netlink',
        family: 0,
        messages: [{ bytes: loopbackUp(), holes: [{ kind: 'ifindex', offset: 20, name: 'lo' }] }],
      },
    ],
  });
  assert.match(stdout, /00000000000000000000000000000001 01 80 10 80 +lo/);
  const plan = basicPlan(scratch.run(), scratch.lower, {
    argv: ['true'],
    beforePivot: [
      {
        ...child,
        op: 'netlink',
        family: 0,
        messages: [{ bytes: loopbackUp(), holes: [{ kind: 'ifindex', offset: 20, name: 'nothing0' }] }],
      },
    ],
  });
  await assert.rejects(launch(plan), /ENODEV|no such device/);
});

/** Instructions: load the number; equal: return `action`; else allow. */
function filterOn(syscall: number, action: number): Uint8Array {
  const program = Buffer.alloc(32);
  program.writeUInt16LE(0x20, 0);
  program.writeUInt16LE(0x15, 8);
  program[11] = 1;
  program.writeUInt32LE(syscall, 12);
  program.writeUInt16LE(0x06, 16);
  program.writeUInt32LE(action, 20);
  program.writeUInt16LE(0x06, 24);
  program.writeUInt32LE(0x7fff0000, 28);
  return program;
}

const SYS_SETHOSTNAME = process.arch === 'x64' ? 170 : 161;

test('a seccomp filter applies to the program', async () => {
  const { stderr, record } = await runToEnd(scratch, {
    argv: ['hostname', 'new'],
    beforeGate: [
      { ...child, op: 'no-new-privileges' },
      { ...child, op: 'seccomp', filter: filterOn(SYS_SETHOSTNAME, 0x00050000 | 13), flags: 0 },
    ],
  });
  assert.equal(record.exitCode, 1);
  assert.match(stderr, /Permission denied/);
});

test('a seccomp listener goes to its socket with the process state', async () => {
  const path = join(scratch.dir, 'notify');
  const arrived = Promise.withResolvers<string>();
  const server = createServer((socket) => socket.on('data', (chunk) => arrived.resolve(String(chunk)))).listen(path);
  const paths = scratch.run();
  const launched = await launch(
    basicPlan(paths, scratch.lower, {
      argv: ['true'],
      before: [{ op: 'connect', side: 'before', slot: 33, path }],
      beforeGate: [
        { ...child, op: 'no-new-privileges' },
        {
          ...child,
          op: 'seccomp',
          filter: filterOn(SYS_SETHOSTNAME, 0x7fc00000),
          flags: 0,
          listener: { socket: 33, state: ['{"pid":', ',"again":', '}'] },
        },
      ],
    }),
  );
  assert.deepEqual(JSON.parse(await arrived.promise), { pid: launched.pid, again: launched.pid });
  await launched.abort();
  server.close();
});

test('attributes of the process: scheduler, priority, affinity, personality, keyring', async () => {
  const running = await started(scratch, {
    argv: ['sleep', '1000'],
    beforeGate: [
      {
        ...child,
        op: 'scheduler',
        policy: 3,
        flags: 0n,
        nice: 5,
        priority: 0,
        runtimeNs: 0n,
        deadlineNs: 0n,
        periodNs: 0n,
      },
      { ...child, op: 'io-priority', value: (2 << 13) | 3 },
      { ...child, op: 'cpu-affinity', cpus: [0] },
      { ...child, op: 'personality', persona: 0x0040000 },
      { ...child, op: 'session-keyring', name: '_ses.test', tolerate: [38] },
    ],
  });
  const stat = readFileSync(`/proc/${running.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  assert.equal(stat[16], '5');
  assert.equal(stat[38], '3');
  assert.match(readFileSync(`/proc/${running.pid}/status`, 'utf8'), /Cpus_allowed_list:\t0\n/);
  assert.equal(readFileSync(`/proc/${running.pid}/personality`, 'utf8'), '00040000\n');
  await signalProcess(running.runDir, 9);
  await waitExit(running.runDir);
});

test('sysctls are written in the namespaces of the process', async () => {
  const { stdout } = await runToEnd(scratch, {
    argv: ['cat', '/proc/sys/net/ipv4/ip_unprivileged_port_start', '/proc/sys/kernel/hostname'],
    beforePivot: [
      { ...child, op: 'hostname', name: 'one' },
      { ...child, op: 'write', at: { path: '/proc/sys/net/ipv4/ip_unprivileged_port_start' }, data: '7', only: 'proc' },
    ],
  });
  assert.equal(stdout, '7\none\n');
});
