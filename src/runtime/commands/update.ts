import { readFileSync } from 'node:fs';
import { BerthError } from '#base/errors.ts';
import type { LinuxCPU, LinuxMemory, LinuxResources } from '#spec/oci-runtime/config.ts';
import { parseJsonExactly, parseResources } from '#spec/oci-runtime/parse-config.ts';
import { updateCgroup } from '#sys/cgroup/update.ts';
import type { FlagValues } from '../cli/arguments.ts';
import { loadState, saveState } from '../state/container-state.ts';
import { statusOf } from '../state/container-status.ts';
import type { ExitStatus, RuntimeContext } from './runtime-context.ts';

/** `update`: changes limits of a container. */
export async function update(
  context: RuntimeContext,
  flags: FlagValues,
  [id = '']: readonly string[],
): Promise<ExitStatus> {
  const state = loadState(context.root, id);
  const { cgroups } = context.facts;
  if (statusOf(context.root, state, cgroups) === 'stopped') {
    throw new BerthError('conflict', 'container.not-running', 'container not running');
  }
  if (cgroups === undefined || state.cgroupPath === undefined) {
    throw new BerthError('unsupported', 'cgroup.none', `container ${id} has no control group of its own`);
  }
  for (const name of ['l3-cache-schema', 'mem-bw-schema']) {
    if (flags.has(name)) throw new BerthError('unsupported', 'update.rdt', `--${name}: Intel RDT is not supported`);
  }
  const file = flags.text('resources');
  const { devices: _rules, ...changes } =
    file === undefined
      ? resourcesFromFlags(flags)
      : parseResources(parseJsonExactly(readFileSync(file === '-' ? 0 : file, 'utf8')));
  updateCgroup(cgroups, state.cgroupPath, changes);
  const linux = state.config.linux ?? {};
  saveState(context.root, {
    ...state,
    config: { ...state.config, linux: { ...linux, resources: merge(linux.resources ?? {}, changes) } },
  });
  return 0;
}

function merge(before: LinuxResources, changes: LinuxResources): LinuxResources {
  return {
    ...before,
    ...changes,
    ...(changes.memory === undefined ? {} : { memory: { ...before.memory, ...changes.memory } }),
    ...(changes.cpu === undefined ? {} : { cpu: { ...before.cpu, ...changes.cpu } }),
  };
}

function resourcesFromFlags(flags: FlagValues): LinuxResources {
  const memory: LinuxMemory = withoutUndefined({
    limit: bytes(flags, 'memory'),
    reservation: bytes(flags, 'memory-reservation'),
    swap: bytes(flags, 'memory-swap'),
    kernel: bytes(flags, 'kernel-memory'),
    kernelTCP: bytes(flags, 'kernel-memory-tcp'),
  });
  const cpu: LinuxCPU = withoutUndefined({
    shares: flags.integer('cpu-share'),
    quota: flags.integer('cpu-quota'),
    burst: flags.integer('cpu-burst'),
    period: flags.integer('cpu-period'),
    realtimePeriod: flags.integer('cpu-rt-period'),
    realtimeRuntime: flags.integer('cpu-rt-runtime'),
    idle: flags.integer('cpu-idle'),
    cpus: flags.text('cpuset-cpus'),
    mems: flags.text('cpuset-mems'),
  });
  const weight = flags.integer('blkio-weight');
  const pids = flags.integer('pids-limit');
  return {
    ...(Object.keys(memory).length === 0 ? {} : { memory }),
    ...(Object.keys(cpu).length === 0 ? {} : { cpu }),
    ...(weight === undefined ? {} : { blockIO: { weight } }),
    ...(pids === undefined ? {} : { pids: { limit: pids } }),
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(object: T): Defined<T> {
  // Only entries that are there are kept, so the type holds.
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
  p: 2 ** 50,
};

/** A size such as `64M`, binary; -1 is unlimited. */
function bytes(flags: FlagValues, name: string): number | undefined {
  const text = flags.text(name);
  if (text === undefined) return undefined;
  if (text === '-1') return -1;
  const match = /^(\d+(?:\.\d+)?)\s*([kmgtp]?)i?b?$/i.exec(text);
  const unit = UNITS[(match?.[2] ?? '').toLowerCase()];
  if (match === null || unit === undefined) {
    throw new BerthError('invalid', 'runtime.usage', `--${name} ${text}: must be a size such as 64M, or -1`);
  }
  return Math.floor(Number(match[1]) * unit);
}
