import { writeFileSync } from 'node:fs';
import { buildLaunchPlan } from '#runtime/plan/launch-plan.ts';
import type { OciConfig } from '#spec/oci-runtime/config.ts';
import type { RootfsMount } from '#spec/rootfs.ts';
import { provideProfile } from '#sys/apparmor/profiles.ts';
import { planCgroup } from '#sys/cgroup/plan.ts';
import type { LaunchPlan, StdinMode, StdioPlan } from '#sys/keeper/plan.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import { logPlanOf } from '../log-drivers/log-plan.ts';
import type { NetworkPart } from '../networks/container-network.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { arrangeMounts } from './arrange-mounts.ts';
import { cgroupPathOf, containerOciConfig } from './container-config.ts';
import { seccompFilterOf } from './container-seccomp.ts';
import { foreignLaunchPlan, withOuterNetwork } from './foreign-runtime.ts';
import { cgroupHost, hostFacts } from './host-facts.ts';
import { joinSharedMemory } from './join-shared-memory.ts';
import { isForeignRuntime } from './runtime-name.ts';
import { startMounts } from './start-mounts.ts';

/**
 * The launch plan of a container as it would start now. To start, its config.json is written too.
 *
 * @param network from `networkPart`
 * @throws what makes the start impossible
 */
export async function containerLaunchPlan(
  context: EngineContext,
  row: ContainerRow,
  rootfs: RootfsMount,
  network: NetworkPart,
  purpose: 'start' | 'explain' = 'start',
): Promise<LaunchPlan> {
  const paths = pathsOf(context.root, row.id);
  const mounts = row.spec.mounts.length === 0 ? [] : await startMounts(context, row, rootfs, purpose);
  const own = await confined(containerOciConfig(context, row, rootfs, mounts));
  const isForeign = isForeignRuntime(row.hostConfig.Runtime);
  const config = isForeign && network.network !== undefined ? withOuterNetwork(own) : own;
  if (purpose === 'start') {
    // Kept for exec, and for whoever wants to see what the container runs with.
    writeFileSync(`${paths.directory}/config.json`, JSON.stringify(config));
  }
  const exitCommand = context.options.exitCommand;
  const shared = {
    ...network,
    stdio: stdioOf(row, config.process?.user?.uid ?? 0, config.process?.user?.gid ?? 0),
    log: await logPlanOf(row, paths.log),
    ...(exitCommand === undefined ? {} : { exitCommand: { argv: [...exitCommand, row.id], env: exitEnvironment() } }),
  };
  if (isForeign) return foreignLaunchPlan(context, row, own, rootfs, shared);
  const compiled = await seccompFilterOf(row.hostConfig, `${context.root}/cache/seccomp`);
  const plan = buildLaunchPlan(config, {
    ...shared,
    id: row.id,
    bundle: paths.directory,
    rootfs,
    facts: hostFacts(),
    mode: 'supervise',
    runDir: paths.runDirectory,
    cgroup: planCgroup(cgroupHost(), cgroupPathOf(row.id, row.hostConfig), config.linux?.resources),
    ...(compiled === undefined ? {} : { seccomp: compiled }),
  });
  return joinSharedMemory(arrangeMounts(plan, mounts));
}

/** The same with an AppArmor profile that the kernel has: the default one is loaded when it is not there yet. */
async function confined(config: OciConfig): Promise<OciConfig> {
  const asked = config.process?.apparmorProfile;
  if (config.process === undefined || asked === undefined) return config;
  const profile = await provideProfile(asked);
  return { ...config, process: { ...config.process, apparmorProfile: profile ?? 'unconfined' } };
}

/** What the exit command needs of this process's environment. */
export function exitEnvironment(): string[] {
  return ['PATH', 'HOME', 'BERTH_KEEPER'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [`${name}=${value}`];
  });
}

function stdinMode(row: ContainerRow): StdinMode {
  const { OpenStdin, StdinOnce, Tty } = row.spec.config;
  if (!OpenStdin) return 'closed';
  // A terminal stays open when its client leaves: the next one goes on where that one was.
  return StdinOnce && !Tty ? 'once' : 'open';
}

function stdioOf(row: ContainerRow, uid: number, gid: number): StdioPlan {
  const stdin = stdinMode(row);
  return row.spec.config.Tty ? { kind: 'terminal', stdin } : { kind: 'pipes', stdin, uid, gid };
}
