import { buildLaunchPlan } from '#runtime/plan/launch-plan.ts';
import type { RootfsMount } from '#spec/rootfs.ts';
import type { LaunchPlan } from '#sys/keeper/plan.ts';
import { arrangeMounts } from './arrange-mounts.ts';
import { hostFacts } from './host-facts.ts';
import { toOciMount } from './oci-mounts.ts';
import type { StartMount } from './start-mounts.ts';

export interface FillJob {
  readonly id: string;
  readonly directory: string;
  readonly runDirectory: string;
  readonly rootfs: RootfsMount;
  /** All of them with `fill`. */
  readonly mounts: readonly StartMount[];
}

/** A plan that is only there to be given up: until its gate it mounts a root file system and fills volumes from it. */
export function fillPlan({ id, directory, runDirectory, rootfs, mounts }: FillJob): LaunchPlan {
  const config = {
    ociVersion: '1.0.2',
    process: { user: { uid: 0, gid: 0 }, args: ['/'], cwd: '/' },
    root: { path: rootfs.type === 'bind' ? rootfs.path : 'rootfs' },
    mounts: mounts.map(toOciMount),
    linux: { namespaces: [{ type: 'mount' as const }] },
  };
  const options = {
    id,
    bundle: directory,
    rootfs,
    facts: hostFacts(),
    mode: 'foreground' as const,
    runDir: runDirectory,
    stdio: { kind: 'null' as const },
    noNewKeyring: true,
  };
  const plan = arrangeMounts(buildLaunchPlan(config, options), mounts);
  const last = plan.ops.findLastIndex(({ op }) => op === 'fill-volume');
  // The volumes themselves need not be attached, and the program is not looked for.
  const destinations = new Set(mounts.map(({ destination }) => destination));
  const ops = plan.ops.filter((op, i) => {
    if (op.op === 'attach' && destinations.has(op.at.path)) return false;
    return op.side !== 'child' || i <= last || op.op === 'gate' || op.op === 'exec';
  });
  return { ...plan, ops };
}
