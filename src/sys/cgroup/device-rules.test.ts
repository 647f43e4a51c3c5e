import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LinuxDeviceCgroup } from '#spec/oci-runtime/config.ts';
import { assembleDeviceProgram } from './device-program.ts';
import { DEFAULT_DEVICE_RULES, type DeviceRules, evaluateDeviceRules, formatException } from './device-rules.ts';

const outcome = (...rules: LinuxDeviceCgroup[]): [boolean, ...string[]] => {
  const { allow, exceptions } = evaluateDeviceRules(rules);
  return [allow, ...exceptions.map(formatException)];
};
const device = (allow: boolean, text: string): LinuxDeviceCgroup => {
  const [type = '', numbers = '', access = ''] = text.split(' ');
  const [major, minor] = numbers.split(':').map((part) => (part === '*' ? -1 : Number(part)));
  return { allow, type, access, ...(major === undefined ? {} : { major }), ...(minor === undefined ? {} : { minor }) };
};

test('evaluateDeviceRules() starts from nothing and applies rules in order', () => {
  assert.deepEqual(outcome(), [false]);
  assert.deepEqual(outcome(device(true, 'c 1:3 r'), device(true, 'c 1:3 wm')), [false, 'c 1:3 rwm']);
  assert.deepEqual(outcome(device(true, 'c 1:3 rwm'), device(false, 'c 1:3 w')), [false, 'c 1:3 rm']);
  assert.deepEqual(outcome(device(true, 'c 1:3 rwm'), { allow: false }), [false]);
  assert.deepEqual(outcome({ allow: true, type: 'a' }), [true]);
  assert.deepEqual(outcome({ allow: true }, device(false, 'b 8:* rwm')), [true, 'b 8:* rwm']);
  assert.deepEqual(outcome({ allow: true }, device(false, 'b 8:0 rwm'), device(true, 'b *:* rwm')), [true]);
  assert.deepEqual(outcome(device(true, 'c 5:1 rwm'), device(false, 'c 5:* m')), [false, 'c 5:1 rw']);
});

test('evaluateDeviceRules() refuses what the kernel cannot express', () => {
  assert.throws(
    () => outcome(device(true, 'c *:* rwm'), device(false, 'c 1:3 w')),
    /"deny c 1:3 w" takes a part out of the wider rule "c \*:\* rwm"/,
  );
});

test('evaluateDeviceRules() names a malformed rule', () => {
  assert.throws(() => outcome({ allow: true, type: 'p' }), /invalid device rule "allow p \*:\* rwm": its type/);
  assert.throws(() => outcome(device(true, 'c 1:3 rx')), /letters other than/);
  assert.throws(() => outcome({ allow: true, type: 'a', major: 1 }), /for all types/);
  assert.throws(() => outcome({ allow: true, type: 'c', major: -2 }), /major is out of range/);
});

const TYPES = { b: 1, c: 2 };
const ACCESS = { m: 1, r: 2, w: 4 };

/** What the kernel would decide: interprets the instructions. */
function decide(rules: DeviceRules, type: 'b' | 'c', major: number, minor: number, access: string): boolean {
  const asked = [...access].reduce((sum, letter) => sum | ACCESS[letter as 'm'], 0);
  const context = [(asked << 16) | TYPES[type], major, minor];
  const code = new DataView(assembleDeviceProgram(rules).buffer);
  const registers = new Uint32Array(11);
  for (let pc = 0, steps = 0; steps < 10_000; pc++, steps++) {
    const at = pc * 8;
    assert.ok(at < code.byteLength, 'ran off the end');
    const [op, regs, offset, imm] = [
      code.getUint8(at),
      code.getUint8(at + 1),
      code.getInt16(at + 2, true),
      code.getUint32(at + 4, true),
    ];
    const [dst, src] = [regs & 15, regs >> 4];
    const value = registers[dst] ?? 0;
    if (op === 0x61) registers[dst] = context[offset / 4] ?? assert.fail('outside of the context');
    else if (op === 0xbc) registers[dst] = registers[src] ?? 0;
    else if (op === 0xb4) registers[dst] = imm;
    else if (op === 0x54) registers[dst] = value & imm;
    else if (op === 0x74) registers[dst] = value >>> imm;
    else if (op === 0x56) pc += value !== imm ? offset : 0;
    else if (op === 0x16) pc += value === imm ? offset : 0;
    else if (op === 0x95) return registers[0] === 1;
    else assert.fail(`unknown instruction ${op}`);
  }
  return assert.fail('did not end');
}

test('assembleDeviceProgram() decides as the rules say', () => {
  const container = evaluateDeviceRules([{ allow: false }, device(true, 'b 8:16 rw'), ...DEFAULT_DEVICE_RULES]);
  assert.equal(decide(container, 'c', 1, 3, 'rw'), true);
  assert.equal(decide(container, 'c', 136, 7, 'rwm'), true);
  assert.equal(decide(container, 'c', 1, 11, 'r'), false);
  assert.equal(decide(container, 'c', 1, 11, 'm'), true);
  assert.equal(decide(container, 'c', 1, 11, 'rm'), false);
  assert.equal(decide(container, 'b', 8, 16, 'rw'), true);
  assert.equal(decide(container, 'b', 8, 16, 'w'), true);
  assert.equal(decide(container, 'b', 8, 0, 'r'), false);
  assert.equal(decide(container, 'b', 1, 3, 'r'), false);
  const open = evaluateDeviceRules([{ allow: true }, device(false, 'b 8:* w')]);
  assert.equal(decide(open, 'b', 8, 3, 'r'), true);
  assert.equal(decide(open, 'b', 8, 3, 'rw'), false);
  assert.equal(decide(open, 'b', 9, 3, 'rw'), true);
  assert.equal(decide(open, 'c', 8, 3, 'rwm'), true);
});
