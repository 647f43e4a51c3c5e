/**
 * The instructions of rules, as bytes. Registers are the 32-bit ones of the kernel: values of more than four bytes take several in
 * a row, and the fields of a concatenation stand one behind the other, each from a register of its own (nf_tables.h, nft(8)).
 */
import { attribute, nested, text } from '../netlink/attribute.ts';
import { be32 } from './message.ts';

const VERDICT_REGISTER = 0;
const FIRST_REGISTER = 8;
const REGISTERS = 16;

/** An index into the sixteen 32-bit registers. */
export type Register = number;

function register(index: Register): number {
  if (index < 0 || index >= REGISTERS) throw new RangeError(`register ${index}`);
  return FIRST_REGISTER + index;
}

const expression = (name: string, ...parts: readonly Buffer[]) => nested(1, text(1, name), nested(2, ...parts));

const META = { mark: 3, iifname: 6, oifname: 7, l4proto: 16 } as const;
const CT = { state: 0, status: 2 } as const;
const HEADER = { network: 1, transport: 2 } as const;
const COMPARE = { equal: 0, different: 1 } as const;
const LOOKUP_INVERTED = 1;
const VERDICTS = { drop: 0, accept: 1, jump: -3, goto: -4, return: -5 } as const;
const DNAT = 1;
/** Not in nft(8): the port is `low + original % (high - low + 1)` instead of one chosen (NF_NAT_RANGE_PROTO_OFFSET). */
const NAT_OFFSET = 0x20;
const CHECKSUM_INET = 1;
const FIB_RESULT_TYPE = 3;
const FIB_DESTINATION = 2;
const RTN_LOCAL = 2;

/** What ends or moves the evaluation of a rule. */
export function verdict(kind: 'drop' | 'accept' | 'return'): Buffer {
  return expression('immediate', be32(1, VERDICT_REGISTER), nested(2, nested(2, be32(1, VERDICTS[kind]))));
}

/** Goes on in another chain, and with `jump` comes back from it. */
export function branch(kind: 'jump' | 'goto', chain: string): Buffer {
  const code = nested(2, be32(1, VERDICTS[kind]), text(2, chain));
  return expression('immediate', be32(1, VERDICT_REGISTER), nested(2, code));
}

/** Something about the packet: an interface's name takes four registers, the rest one. */
export function meta(key: keyof typeof META, to: Register): Buffer {
  return expression('meta', be32(1, register(to)), be32(2, META[key]));
}

/** Writes the packet's mark. */
export function setMark(from: Register): Buffer {
  return expression('meta', be32(2, META.mark), be32(3, register(from)));
}

/** Bytes of a header. @param offset bytes from its start */
export function payload(header: keyof typeof HEADER, offset: number, length: number, to: Register): Buffer {
  return expression('payload', be32(1, register(to)), be32(2, HEADER[header]), be32(3, offset), be32(4, length));
}

/** Bits of the connection. */
export function ct(key: keyof typeof CT, to: Register): Buffer {
  return expression('ct', be32(1, register(to)), be32(2, CT[key]));
}

/** Goes on with the rule when the register compares so. */
export function compare(how: keyof typeof COMPARE, from: Register, value: Uint8Array): Buffer {
  return expression('cmp', be32(1, register(from)), be32(2, COMPARE[how]), nested(3, attribute(1, value)));
}

/** The register's bits under a mask. */
export function masked(at: Register, mask: Uint8Array): Buffer {
  const zeros = Buffer.alloc(mask.length);
  return expression(
    'bitwise',
    be32(1, register(at)),
    be32(2, register(at)),
    be32(3, mask.length),
    nested(4, attribute(1, mask)),
    nested(5, attribute(1, zeros)),
  );
}

/** Goes on when the value is, or with `inverted` is not, in the set. */
export function inSet(set: string, from: Register, how: 'in' | 'not in' = 'in'): Buffer {
  return expression(
    'lookup',
    text(1, set),
    be32(2, register(from)),
    ...(how === 'in' ? [] : [be32(5, LOOKUP_INVERTED)]),
  );
}

/** Goes on when the map has the value, with its data in registers. */
export function mapped(map: string, from: Register, to: Register): Buffer {
  return expression('lookup', text(1, map), be32(2, register(from)), be32(3, register(to)));
}

/** A constant in registers. */
export function constant(value: Uint8Array, to: Register): Buffer {
  return expression('immediate', be32(1, register(to)), nested(2, attribute(1, value)));
}

/** Writes a register into the transport header, and corrects its checksum. @param checksumAt where that is, bytes from its start */
export function rewrite(offset: number, length: number, checksumAt: number, from: Register): Buffer {
  return expression(
    'payload',
    be32(5, register(from)),
    be32(2, HEADER.transport),
    be32(3, offset),
    be32(4, length),
    be32(6, CHECKSUM_INET),
    be32(7, checksumAt),
  );
}

/** Goes on when the destination is one of the host's own addresses. */
export function destinationIsLocal(scratch: Register): Buffer[] {
  const type = Buffer.alloc(4);
  type.writeUInt32LE(RTN_LOCAL, 0);
  return [
    expression('fib', be32(1, register(scratch)), be32(2, FIB_RESULT_TYPE), be32(3, FIB_DESTINATION)),
    compare('equal', scratch, type),
  ];
}

/**
 * Another destination for the connection.
 *
 * @param family netfilter's number
 * @param ports registers of the lowest and the highest port, between which the original port's remainder is counted
 */
export function destinationNat(
  family: number,
  address: Register,
  ports?: { readonly low: Register; readonly high: Register },
): Buffer {
  return expression(
    'nat',
    be32(1, DNAT),
    be32(2, family),
    be32(3, register(address)),
    ...(ports === undefined ? [] : [be32(5, register(ports.low)), be32(6, register(ports.high)), be32(7, NAT_OFFSET)]),
  );
}

/** The address of the interface that it leaves by becomes the connection's source. */
export function masquerade(): Buffer {
  return expression('masq');
}

/** Sends a copy to a next hop through an interface. @param device register with the index of the interface, host order */
export function duplicate(gateway: Register, device: Register): Buffer {
  return expression('dup', be32(1, register(gateway)), be32(2, register(device)));
}
