import type { NetlinkHole, PlanOp } from './plan.ts';
import type { PlanWriter } from './plan-writer.ts';

/** Added to the family of a batch. */
const NETLINK_BATCH = 0x100;

/** 32-bit numbers one after the other, little endian. */
export function packed(words: readonly number[]): Buffer {
  const bytes = Buffer.alloc(words.length * 4);
  words.forEach((word, i) => {
    bytes.writeUInt32LE(word, i * 4);
  });
  return bytes;
}

/** The fields of a netlink op: family, messages, the holes in them, the names of interfaces that holes need. */
export function encodeNetlink(out: PlanWriter, op: Extract<PlanOp, { op: 'netlink' }>): void {
  const names: string[] = [];
  const words = op.messages.flatMap((message, number) =>
    (message.holes ?? []).flatMap((hole) => [number, ...holeWords(hole, names)]),
  );
  out.int(op.family + (op.batch === true ? NETLINK_BATCH : 0));
  out.blobs(op.messages.map((message) => message.bytes));
  out.blob(packed(words));
  out.texts(names);
}

function holeWords(hole: NetlinkHole, names: string[]): number[] {
  switch (hole.kind) {
    case 'child-pid':
      return [0, hole.offset, 0];
    case 'slot':
      return [1, hole.offset, hole.slot];
    case 'ifindex':
      return [2, hole.offset, names.push(hole.name) - 1];
  }
}
