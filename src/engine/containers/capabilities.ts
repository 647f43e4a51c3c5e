import { BerthError } from '#base/errors.ts';
import { CAPABILITIES } from '#spec/capabilities.ts';

/** What a container gets when nobody asks, as in Docker. */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FSETID',
  'CAP_FOWNER',
  'CAP_MKNOD',
  'CAP_NET_RAW',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETFCAP',
  'CAP_SETPCAP',
  'CAP_NET_BIND_SERVICE',
  'CAP_SYS_CHROOT',
  'CAP_KILL',
  'CAP_AUDIT_WRITE',
];

/**
 * Upper-case names with `CAP_`, or `ALL`.
 *
 * @param field `CapAdd` or `CapDrop`, for the message
 * @throws invalid for a name that Linux does not know
 */
export function normalizeCapabilities(names: readonly string[] | null | undefined, field: string): string[] {
  return (names ?? []).map((raw) => {
    const upper = raw.toUpperCase();
    if (upper === 'ALL' || upper === 'CAP_ALL') return 'ALL';
    const name = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
    if (!CAPABILITIES.includes(name)) {
      throw new BerthError('invalid', 'capability.unknown', `invalid ${field}: unknown capability: "${raw}"`);
    }
    return name;
  });
}

export interface CapabilityRequest {
  readonly add: readonly string[] | null;
  readonly drop: readonly string[] | null;
  readonly privileged: boolean;
  /** What this process may hand on, bit n is capability n; everything when absent. */
  readonly available?: bigint;
}

/**
 * The bounding set of a container: the defaults, with additions and removals, in Docker's order of precedence (`ALL` added
 * minus the dropped ones; `ALL` dropped plus the added ones). What nobody named is left out where it is not available.
 */
export function effectiveCapabilities(request: CapabilityRequest): string[] {
  const { available } = request;
  const all = CAPABILITIES.filter((_, bit) => available === undefined || ((available >> BigInt(bit)) & 1n) === 1n);
  if (request.privileged) return all;
  const add = normalizeCapabilities(request.add, 'CapAdd');
  const drop = normalizeCapabilities(request.drop, 'CapDrop');
  if (add.includes('ALL')) return all.filter((name) => !drop.includes(name));
  if (drop.includes('ALL')) return unique(add);
  const defaults = DEFAULT_CAPABILITIES.filter((name) => all.includes(name) && !drop.includes(name));
  return unique([...defaults, ...add]);
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
