import type { DeviceRules } from './device-rules.ts';

/*
 * The kernel calls the program for each open or mknod of a device inside the group with a pointer in r1 to
 *   struct bpf_cgroup_dev_ctx { __u32 access_type /* access << 16 | type *\/; __u32 major; __u32 minor; }
 * (include/uapi/linux/bpf.h) and refuses when r0 is 0 at the exit. Instruction format: Documentation/bpf/standardization.
 */
const TYPE = { b: 1, c: 2 } as const;
const ACCESS: Readonly<Record<string, number>> = { m: 1, r: 2, w: 4 };
const ALL_ACCESS = 7;

const R0 = 0;
const R1 = 1;
const R2 = 2; // type
const R3 = 3; // access
const R4 = 4; // major
const R5 = 5; // minor

const LOAD_WORD = 0x61;
const AND_IMM = 0x54;
const RSH_IMM = 0x74;
const MOV_IMM = 0xb4;
const MOV_REG = 0xbc;
const JNE_IMM = 0x56; // class JMP32: the operands are compared as 32 bits
const JEQ_IMM = 0x16;
const EXIT = 0x95;

interface Instruction {
  readonly code: number;
  readonly dst: number;
  readonly src?: number;
  readonly offset?: number;
  readonly imm?: number;
}

/** What a jump in a block aims at: the first instruction after the block. */
const NEXT_BLOCK = -1;

/**
 * Assembles the device filter of a cgroup v2 group.
 *
 * @returns the instructions for BPF_PROG_LOAD, 8 bytes each, little endian
 */
export function assembleDeviceProgram(rules: DeviceRules): Uint8Array {
  const program: Instruction[] = [
    { code: LOAD_WORD, dst: R2, src: R1, offset: 0 },
    { code: MOV_REG, dst: R3, src: R2 },
    { code: AND_IMM, dst: R2, imm: 0xffff },
    { code: RSH_IMM, dst: R3, imm: 16 },
    { code: LOAD_WORD, dst: R4, src: R1, offset: 4 },
    { code: LOAD_WORD, dst: R5, src: R1, offset: 8 },
  ];
  for (const exception of rules.exceptions) program.push(...resolveJumps(exceptionBlock(exception, rules.allow)));
  program.push(...verdict(rules.allow));
  return encode(program);
}

function exceptionBlock(exception: DeviceRules['exceptions'][number], allowByDefault: boolean): Instruction[] {
  const block: Instruction[] = [{ code: JNE_IMM, dst: R2, imm: TYPE[exception.type], offset: NEXT_BLOCK }];
  const bits = [...exception.access].reduce((sum, letter) => sum | (ACCESS[letter] ?? 0), 0);
  if (bits !== ALL_ACCESS) {
    block.push({ code: MOV_REG, dst: R1, src: R3 });
    if (allowByDefault) {
      // Refused when any asked access is named: skip when none is.
      block.push({ code: AND_IMM, dst: R1, imm: bits }, { code: JEQ_IMM, dst: R1, imm: 0, offset: NEXT_BLOCK });
    } else {
      // Allowed only when nothing beyond the named access is asked.
      block.push(
        { code: AND_IMM, dst: R1, imm: ALL_ACCESS & ~bits },
        { code: JNE_IMM, dst: R1, imm: 0, offset: NEXT_BLOCK },
      );
    }
  }
  if (exception.major !== undefined) block.push({ code: JNE_IMM, dst: R4, imm: exception.major, offset: NEXT_BLOCK });
  if (exception.minor !== undefined) block.push({ code: JNE_IMM, dst: R5, imm: exception.minor, offset: NEXT_BLOCK });
  block.push(...verdict(!allowByDefault));
  return block;
}

function verdict(allow: boolean): Instruction[] {
  return [
    { code: MOV_IMM, dst: R0, imm: allow ? 1 : 0 },
    { code: EXIT, dst: R0 },
  ];
}

function resolveJumps(block: readonly Instruction[]): Instruction[] {
  return block.map((instruction, index) =>
    instruction.offset === NEXT_BLOCK ? { ...instruction, offset: block.length - index - 1 } : instruction,
  );
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, instruction] of program.entries()) {
    const at = index * 8;
    view.setUint8(at, instruction.code);
    view.setUint8(at + 1, ((instruction.src ?? 0) << 4) | instruction.dst);
    view.setInt16(at + 2, instruction.offset ?? 0, true);
    view.setUint32(at + 4, (instruction.imm ?? 0) >>> 0, true);
  }
  return bytes;
}
