import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import koffi from 'koffi';
import { isErrno } from '#base/errors.ts';
import type { LinuxResources } from '#spec/oci-runtime/config.ts';
import type { CgroupPlan } from '#sys/cgroup/cgroup-plan.ts';
import type { CgroupHost } from '#sys/cgroup/host.ts';
import { planCgroup } from '#sys/cgroup/plan.ts';
import { removeCgroup } from '#sys/cgroup/remove.ts';
import type { PlanOp } from '#sys/keeper/plan.ts';

/** Groups of one test, below a parent of its own, without the keeper: operations are carried out here. */
export class Sandbox implements AsyncDisposable {
  readonly host: CgroupHost;
  readonly parent = `/berth-test-${randomBytes(6).toString('hex')}`;
  #children: ChildProcess[] = [];
  #groups = 0;

  constructor(host: CgroupHost) {
    this.host = host;
  }

  /** Makes a group with these limits. Without device rules everything is allowed, so that the test's programs run. */
  make(resources: LinuxResources = {}): CgroupPlan {
    const devices = resources.devices ?? [{ allow: true }];
    const plan = planCgroup(this.host, `${this.parent}/g${this.#groups++}`, { ...resources, devices });
    for (const operation of plan.setUp) carryOut(operation);
    return plan;
  }

  /** Starts a shell script inside a group; its stdin and stdout are pipes. */
  start(plan: CgroupPlan, script: string): ChildProcess & { readonly pid: number } {
    const files = [...plan.tasks, ...(plan.cloneInto === undefined ? [] : [`${plan.cloneInto}/cgroup.procs`])];
    const joining = files.map((file) => `echo 0 > ${file} || exit 99`).join('; ');
    const child = spawn('/bin/sh', ['-c', `${joining}; echo joined; ${script}`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    if (child.pid === undefined) throw new Error('the shell did not start');
    return child as ChildProcess & { readonly pid: number };
  }

  /** Runs a shell script inside a group to its end. */
  async run(plan: CgroupPlan, script: string): Promise<{ code: number | null; signal: string | null; output: string }> {
    const child = this.start(plan, script);
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stdin?.end();
    const [code, signal] = await once(child, 'close');
    return { code, signal, output: output.replace(/^joined\n/, '') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      child.kill('SIGKILL');
      child.stdin?.destroy();
      child.stdout?.destroy();
    }
    await removeCgroup(this.host, this.parent, { kill: true });
  }
}

/** Resolves when a child has joined its group. */
export async function joined(child: ChildProcess): Promise<void> {
  const [chunk] = await once(child.stdout ?? child, 'data');
  if (!String(chunk).startsWith('joined')) throw new Error(`unexpected output: ${chunk}`);
}

/** Polls until something holds. */
export async function until(what: string, holds: () => boolean, timeoutMs = 60_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await sleep(5);
  }
}

/** The texts that the keeper would put into the exit record. */
export function collect(plan: CgroupPlan): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { name, path } of plan.collect) {
    try {
      texts[name] = readFileSync(path, 'utf8');
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }
  return texts;
}

function carryOut(operation: PlanOp): void {
  if (operation.op === 'mkdir') mkdirSync(operation.at.path, { recursive: true });
  else if (operation.op === 'write') writeFileSync(operation.at.path, operation.data, { flag: 'r+' });
  else if (operation.op === 'device-filter') attachDeviceFilter(operation.cgroup, operation.program);
  else throw new Error(`unexpected operation ${operation.op}`);
}

const BPF_PROG_LOAD = 5;
const BPF_PROG_ATTACH = 8;
const PROG_TYPE_CGROUP_DEVICE = 15;
const ATTACH_CGROUP_DEVICE = 6;
const ALLOW_MULTI = 2;
const SYS_BPF = process.arch === 'x64' ? 321 : 280;

/** bpf(2), union bpf_attr of the commands BPF_PROG_LOAD and BPF_PROG_ATTACH. */
function attachDeviceFilter(dir: string, program: Uint8Array): void {
  const syscall = koffi
    .load('libc.so.6')
    .func('long syscall(long number, int command, uint8_t *attr, unsigned int size)');
  const log = Buffer.alloc(65536);
  const license = Buffer.from('Apache\0');
  const load = Buffer.alloc(128);
  load.writeUInt32LE(PROG_TYPE_CGROUP_DEVICE, 0);
  load.writeUInt32LE(program.length / 8, 4);
  load.writeBigUInt64LE(BigInt(koffi.address(program)), 8);
  load.writeBigUInt64LE(BigInt(koffi.address(license)), 16);
  load.writeUInt32LE(1, 24);
  load.writeUInt32LE(log.length, 28);
  load.writeBigUInt64LE(BigInt(koffi.address(log)), 32);
  const programFd: number = syscall(SYS_BPF, BPF_PROG_LOAD, load, load.length);
  if (programFd < 0) throw new Error(`the kernel refused the device program: ${log.toString().replace(/\0+$/, '')}`);
  const dirFd = openSync(dir, 'r');
  try {
    const attach = Buffer.alloc(20);
    attach.writeUInt32LE(dirFd, 0);
    attach.writeUInt32LE(programFd, 4);
    attach.writeUInt32LE(ATTACH_CGROUP_DEVICE, 8);
    attach.writeUInt32LE(ALLOW_MULTI, 12);
    if (syscall(SYS_BPF, BPF_PROG_ATTACH, attach, attach.length) < 0)
      throw new Error('attaching the device program failed');
  } finally {
    closeSync(dirFd);
    closeSync(programFd);
  }
}
