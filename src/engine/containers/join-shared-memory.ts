import { constants } from 'node:fs';
import type { LaunchPlan, PlanOp, Slot } from '#sys/keeper/plan.ts';

const OTHERS_MEMORY = /^\/proc\/(\d+)\/root\/dev\/shm$/;
/** Slots the runtime's plans leave free: it counts up from 0. */
const OWN_ROOT: Slot = 61;
const OWN_NAMESPACE: Slot = 62;
const OTHERS_NAMESPACE: Slot = 63;

/**
 * A mount can only be copied from inside its own mount namespace. Where a plan binds another container's shared memory,
 * the child steps into that container's mount namespace for the copy and back again.
 */
export function joinSharedMemory(plan: LaunchPlan): LaunchPlan {
  const ops = plan.ops.flatMap((op): readonly PlanOp[] => {
    if (op.op !== 'clone-mount' || op.side !== 'child') return [op];
    const pid = OTHERS_MEMORY.exec(op.at.path)?.[1];
    if (pid === undefined) return [op];
    const open = (slot: Slot, path: string): PlanOp => ({
      side: 'child',
      op: 'open',
      slot,
      at: { path },
      flags: constants.O_RDONLY,
    });
    const enter = (slot: Slot): PlanOp => ({ side: 'child', op: 'join-namespaces', slot, namespaces: ['mount'] });
    return [
      open(OTHERS_NAMESPACE, `/proc/${pid}/ns/mnt`),
      open(OWN_NAMESPACE, '/proc/self/ns/mnt'),
      open(OWN_ROOT, '/'),
      enter(OTHERS_NAMESPACE),
      { ...op, at: { path: '/dev/shm' } },
      enter(OWN_NAMESPACE),
      // Joining leads to the namespace's own root, which need not be where this process had its root.
      { side: 'child', op: 'pivot-root', slot: OWN_ROOT, how: 'chroot' },
      { side: 'child', op: 'close', slot: OTHERS_NAMESPACE },
      { side: 'child', op: 'close', slot: OWN_NAMESPACE },
      { side: 'child', op: 'close', slot: OWN_ROOT },
    ];
  });
  return { ...plan, ops };
}
