import type { OciConfig } from '#spec/oci-runtime/config.ts';
import type { LaunchPlan, PlanOp } from '#sys/keeper/plan.ts';
import { ERRNO, OPEN } from './linux-numbers.ts';

/** umount2(2): out of sight at once, gone when nobody uses it any more. */
const MNT_DETACH = 2;
const LAST_SLOT = 63;

/** Whether the container's mounts are made in the mount namespace of its starter, where nothing takes them away by itself. */
export function mountsOnHost(config: OciConfig): boolean {
  return !(config.linux?.namespaces ?? []).some(({ type }) => type === 'mount');
}

/** Ops that take such mounts away again, the last one first; none when the container has a mount namespace. */
export function unmountOps(config: OciConfig, rootfs: string): PlanOp[] {
  if (!mountsOnHost(config)) return [];
  const places = (config.mounts ?? []).map(({ destination }) => destination).reverse();
  return [
    { side: 'cleanup', op: 'open', slot: LAST_SLOT, at: { path: rootfs }, flags: OPEN.PATH },
    ...places.map(
      (path): PlanOp => ({
        side: 'cleanup',
        op: 'unmount',
        at: { root: LAST_SLOT, path },
        flags: MNT_DETACH,
        tolerate: [ERRNO.EINVAL, ERRNO.ENOENT],
      }),
    ),
  ];
}

/** A plan that is only there to be given up: its cleanup does what is to be done after a process that no keeper watched. */
export function cleanupPlan(runDir: string, cleanup: readonly PlanOp[]): LaunchPlan {
  return {
    mode: 'foreground',
    runDir,
    stdio: { kind: 'null' },
    log: { driver: 'none' },
    exit: { collect: [] },
    ops: [
      { side: 'before', op: 'clone', namespaces: [] },
      { side: 'child', op: 'gate' },
      { side: 'child', op: 'exec', name: '/', searchPath: '', argv: ['/'], env: [] },
      ...cleanup,
    ],
  };
}
