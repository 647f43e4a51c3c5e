import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { detectHostFacts } from '#runtime/host-facts.ts';
import type { HostFacts } from '#runtime/plan/launch-options.ts';
import { type CgroupHost, detectCgroups, readTextIfPresent } from '#sys/cgroup/host.ts';
import { hasFileV2 } from '#sys/cgroup/plan-v2.ts';
import { systemProbe } from '#sys/cgroup/probe.ts';
import type { LimitSupport } from './resource-limits.ts';

let support: LimitSupport | undefined;
let facts: HostFacts | undefined;

/** The control groups of this machine, looked up once per process. */
export function cgroupHost(): CgroupHost {
  return hostFacts().cgroups ?? detectCgroups();
}

/** What this machine's control groups can limit, looked up once per process. */
export function hostLimitSupport(): LimitSupport {
  support ??= cgroupHost().version === 1 ? supportV1(cgroupHost()) : supportV2(cgroupHost());
  return support;
}

/** True when the kernel has AppArmor switched on. */
export function apparmorEnabled(): boolean {
  return hostFacts().apparmor;
}

/** What launch plans on this machine depend on, looked up once per process. */
export function hostFacts(): HostFacts {
  facts ??= detectHostFacts();
  return facts;
}

function online(kind: 'cpu' | 'node'): string {
  return readTextIfPresent(`/sys/devices/system/${kind}/online`)?.trim() ?? '0';
}

function common() {
  return { cpus: online('cpu'), mems: online('node'), cpuCount: availableParallelism() };
}

function supportV1(host: CgroupHost): LimitSupport {
  const has = (controller: string, file: string) => {
    const hierarchy = host.hierarchies.find(({ controllers }) => controllers.includes(controller));
    return hierarchy !== undefined && (file === '' || anyGroupHas(hierarchy.mountPoint, file));
  };
  return {
    ...common(),
    memory: has('memory', 'memory.limit_in_bytes'),
    swap: has('memory', 'memory.memsw.limit_in_bytes'),
    swappiness: has('memory', 'memory.swappiness'),
    memoryReservation: has('memory', 'memory.soft_limit_in_bytes'),
    oomKillDisable: has('memory', 'memory.oom_control'),
    pids: has('pids', ''),
    cpuShares: has('cpu', 'cpu.shares'),
    cpuQuota: has('cpu', 'cpu.cfs_quota_us'),
    cpuRealtime: has('cpu', 'cpu.rt_runtime_us'),
    cpuset: has('cpuset', ''),
    blkioWeight: has('blkio', 'blkio.weight') || has('blkio', 'blkio.bfq.weight'),
    blkioWeightDevice: has('blkio', 'blkio.weight_device') || has('blkio', 'blkio.bfq.weight_device'),
    blkioThrottle: has('blkio', 'blkio.throttle.read_bps_device'),
  };
}

function supportV2(host: CgroupHost): LimitSupport {
  const has = (controller: string) => host.unified?.controllers.includes(controller) ?? false;
  const hasFile = hasFileV2(host, '/berth', systemProbe);
  const weight = has('io') && (hasFile('io', 'io.weight') || hasFile('io', 'io.bfq.weight'));
  return {
    ...common(),
    memory: has('memory'),
    swap: has('memory') && hasFile('memory', 'memory.swap.max'),
    swappiness: false,
    memoryReservation: has('memory'),
    oomKillDisable: false,
    pids: has('pids'),
    cpuShares: has('cpu'),
    cpuQuota: has('cpu'),
    cpuRealtime: false,
    cpuset: has('cpuset'),
    blkioWeight: weight,
    blkioWeightDevice: weight,
    blkioThrottle: has('io'),
  };
}

/** The root group lacks files that every other group has: ask those below it too. */
function anyGroupHas(root: string, file: string): boolean {
  if (existsSync(`${root}/${file}`)) return true;
  return readdirSync(root, { withFileTypes: true }).some(
    (entry) => entry.isDirectory() && existsSync(`${root}/${entry.name}/${file}`),
  );
}
