import { RETURN_ENOSYS } from './actions.ts';

/** The highest system call number that a profile knows on an architecture. */
export interface KnownCalls {
  /** AUDIT_ARCH_* as in struct seccomp_data. */
  readonly auditArch: number;
  readonly highest: number;
  /** Numbers from here on belong to another table of the same architecture (x32). */
  readonly below?: number;
}

const LOAD_ABSOLUTE = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER = 0x25;
const JUMP_GREATER_EQUAL = 0x35;
const RETURN = 0x06;
const OFFSET_NUMBER = 0; // struct seccomp_data: u32 nr, u32 arch, ...
const OFFSET_ARCH = 4;

type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, value: number];

/**
 * Puts before a filter: system calls newer than everything the profile names fail with ENOSYS instead of the default action.
 * A C library that meets EPERM from a call the profile's author could not know gives up; after ENOSYS it uses the older call.
 *
 * @param filter struct sock_filter array
 * @returns a new array of the same form
 */
export function answerNewerCalls(filter: Uint8Array, known: readonly KnownCalls[]): Uint8Array {
  const prefix = encode(known.flatMap(block));
  const joined = new Uint8Array(prefix.length + filter.length);
  joined.set(prefix);
  joined.set(filter, prefix.length);
  return joined;
}

function block({ auditArch, highest, below }: KnownCalls): Instruction[] {
  const tests: Instruction[] =
    below === undefined
      ? [[JUMP_GREATER, 0, 1, highest]]
      : [
          [JUMP_GREATER, 0, 2, highest],
          [JUMP_GREATER_EQUAL, 1, 0, below],
        ];
  const body: Instruction[] = [[LOAD_ABSOLUTE, 0, 0, OFFSET_NUMBER], ...tests, [RETURN, 0, 0, RETURN_ENOSYS]];
  return [[LOAD_ABSOLUTE, 0, 0, OFFSET_ARCH], [JUMP_EQUAL, 0, body.length, auditArch], ...body];
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, [code, whenTrue, whenFalse, value]] of program.entries()) {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, whenTrue);
    view.setUint8(index * 8 + 3, whenFalse);
    view.setUint32(index * 8 + 4, value, true);
  }
  return bytes;
}
