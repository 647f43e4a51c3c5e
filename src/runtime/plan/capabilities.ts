import { BerthError } from '#base/errors.ts';
import type { LinuxCapabilities } from '#spec/oci-runtime/config.ts';
import type { Capabilities } from '#sys/keeper/plan.ts';
import { CAPABILITIES } from './linux-numbers.ts';

/**
 * The capability sets of a process as masks. Names that no kernel known here has are refused; the bounding set holds what
 * is both wanted and there.
 *
 * @param available what the starter may hand on; all in a new user namespace
 * @throws BerthError `invalid` for an unknown name, `unsupported` for one that this process can not give
 */
export function capabilityMasks(sets: LinuxCapabilities, available: bigint): Capabilities {
  const bounding = mask(sets.bounding) & available;
  const permitted = given('permitted', sets.permitted, available);
  return {
    bounding,
    permitted,
    effective: given('effective', sets.effective, available),
    inheritable: given('inheritable', sets.inheritable, available),
    ambient: given('ambient', sets.ambient, available),
  };
}

function given(set: keyof LinuxCapabilities, names: readonly string[] | undefined, available: bigint): bigint {
  const wanted = mask(names);
  const missing = wanted & ~available;
  if (missing === 0n) return wanted;
  throw new BerthError(
    'unsupported',
    'capability.unavailable',
    `config.json: process.capabilities.${set}: ${capabilityNames(missing).join(', ')} can not be given: this process does not have it`,
  );
}

function mask(names: readonly string[] = []): bigint {
  return names.reduce((bits, name) => {
    const number = CAPABILITIES.indexOf(name);
    if (number >= 0) return bits | (1n << BigInt(number));
    throw new BerthError(
      'invalid',
      'oci-config.invalid',
      `config.json: process.capabilities: unknown capability ${name}`,
    );
  }, 0n);
}

/** Names of the capabilities in a mask, in the kernel's order. */
export function capabilityNames(bits: bigint): string[] {
  return CAPABILITIES.filter((_, number) => (bits >> BigInt(number)) & 1n);
}
