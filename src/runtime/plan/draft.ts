import { BerthError } from '#base/errors.ts';
import type { PlanOp, Side, Slot } from '#sys/keeper/plan.ts';

/** Slots of the keeper's descriptor table. */
const SLOTS = 64;

/**
 * A launch plan under construction: the ops in their order, and which slots are taken.
 *
 * The child inherits the keeper's slots at the clone, so a slot filled before it is another one than any that the child
 * uses for itself; only the child's own are used again after it closed them.
 */
export class Draft {
  readonly ops: PlanOp[] = [];
  readonly #free: Slot[] = [];
  #next: Slot = 0;

  add(...ops: readonly PlanOp[]): void {
    this.ops.push(...ops);
  }

  /** @throws BerthError `unsupported` when all slots are in use at once */
  takeSlot(side: Side): Slot {
    const slot = (side === 'child' ? this.#free.pop() : undefined) ?? this.#next++;
    if (slot < SLOTS) return slot;
    throw new BerthError(
      'unsupported',
      'plan.too-many-files',
      `the configuration needs more than ${SLOTS} files open at once; use fewer mounts`,
    );
  }

  /** Closes the slot on the child's side. */
  closeSlot(slot: Slot): void {
    this.add({ side: 'child', op: 'close', slot });
    this.#free.push(slot);
  }
}
