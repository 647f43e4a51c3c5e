import { CAPABILITIES } from '#spec/capabilities.ts';
import type { LinuxCapabilities } from '#spec/oci-runtime/config.ts';
import type { Capabilities } from '#sys/keeper/plan.ts';

/**
 * The capability sets of a process as masks. What the kernel does not know or the runtime does not have is left out, as the
 * specification wants it (config.md, "Linux Process", capabilities); {@link ungrantableCapabilities} names it.
 *
 * @param available what the starter may hand on; all in a new user namespace
 */
export function capabilityMasks(sets: LinuxCapabilities, available: bigint): Capabilities {
  const permitted = mask(sets.permitted) & available;
  const inheritable = mask(sets.inheritable) & available;
  return {
    bounding: mask(sets.bounding) & available,
    permitted,
    effective: mask(sets.effective) & permitted,
    inheritable,
    // The kernel takes no others (capabilities(7), "Ambient").
    ambient: mask(sets.ambient) & permitted & inheritable,
  };
}

/** Capabilities that a configuration asks for and that a process will not get, each once. */
export function ungrantableCapabilities(sets: LinuxCapabilities, available: bigint): string[] {
  const asked = new Set(Object.values(sets).flatMap((names: readonly string[] | undefined) => names ?? []));
  const unknown = [...asked].filter((name) => !CAPABILITIES.includes(name));
  const masks = capabilityMasks(sets, available);
  const refused = (Object.keys(masks) as (keyof Capabilities)[]).reduce(
    (bits, set) => bits | (mask(sets[set]) & ~masks[set]),
    0n,
  );
  return [...unknown, ...capabilityNames(refused)];
}

/** Ambient capabilities that the kernel will not raise, as they are not both permitted and inheritable (capabilities(7)). */
export function unraisableCapabilities({
  ambient = [],
  permitted = [],
  inheritable = [],
}: LinuxCapabilities): string[] {
  return ambient.filter(
    (name) => CAPABILITIES.includes(name) && !(permitted.includes(name) && inheritable.includes(name)),
  );
}

function mask(names: readonly string[] = []): bigint {
  return names.reduce((bits, name) => {
    const number = CAPABILITIES.indexOf(name);
    return number < 0 ? bits : bits | (1n << BigInt(number));
  }, 0n);
}

/** Names of the capabilities in a mask, in the kernel's order. */
export function capabilityNames(bits: bigint): string[] {
  return CAPABILITIES.filter((_, number) => (bits >> BigInt(number)) & 1n);
}
