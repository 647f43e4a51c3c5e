import { BerthError } from '#base/errors.ts';
import type { LinuxDeviceCgroup } from '#spec/oci-runtime/config.ts';

/** Access letters in the kernel's order: read, write, mknod. */
const LETTERS = ['r', 'w', 'm'] as const;
type Access = ReadonlySet<string>;

/** `undefined` is the wildcard `*`. */
interface DeviceException {
  readonly type: 'b' | 'c';
  readonly major: number | undefined;
  readonly minor: number | undefined;
  readonly access: Access;
}

/**
 * Device rules in the form both kernel interfaces decide by: what happens to a device that no exception names.
 * With `allow` false, a request passes when one exception covers all of it; with true, it is refused when an exception
 * covers any part of it (Documentation/admin-guide/cgroup-v1/devices.rst).
 */
export interface DeviceRules {
  readonly allow: boolean;
  readonly exceptions: readonly DeviceException[];
}

/**
 * What every container may do: make any node (a node is of no use without the right to open it), and use the devices
 * that the runtime specification puts into /dev, pseudo-terminals and the console.
 */
export const DEFAULT_DEVICE_RULES: readonly LinuxDeviceCgroup[] = [
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  { allow: true, type: 'c', major: 1, minor: 3, access: 'rwm' },
  { allow: true, type: 'c', major: 1, minor: 5, access: 'rwm' },
  { allow: true, type: 'c', major: 1, minor: 7, access: 'rwm' },
  { allow: true, type: 'c', major: 1, minor: 8, access: 'rwm' },
  { allow: true, type: 'c', major: 1, minor: 9, access: 'rwm' },
  { allow: true, type: 'c', major: 5, minor: 0, access: 'rwm' },
  { allow: true, type: 'c', major: 5, minor: 1, access: 'rwm' },
  { allow: true, type: 'c', major: 5, minor: 2, access: 'rwm' },
  { allow: true, type: 'c', major: 136, access: 'rwm' },
];

/**
 * Applies rules in their order to "nothing is allowed" and returns the outcome.
 *
 * @throws BerthError `invalid` for a malformed rule, `unsupported` for a rule that takes a part out of a wider exception
 *   (neither kernel interface can express it)
 */
export function evaluateDeviceRules(rules: readonly LinuxDeviceCgroup[]): DeviceRules {
  let state: DeviceRules = { allow: false, exceptions: [] };
  for (const rule of rules) state = applyRule(state, rule);
  return state;
}

/** The text of one rule as devices.allow, devices.deny and devices.list have it: `c 1:3 rwm`. */
export function formatException(exception: DeviceException): string {
  const number = (value: number | undefined): string => (value === undefined ? '*' : String(value));
  const access = LETTERS.filter((letter) => exception.access.has(letter)).join('');
  return `${exception.type} ${number(exception.major)}:${number(exception.minor)} ${access}`;
}

function applyRule(state: DeviceRules, rule: LinuxDeviceCgroup): DeviceRules {
  const type = rule.type === undefined || rule.type === '' ? 'a' : rule.type;
  if (type === 'a') {
    requireWholeWildcard(rule);
    return { allow: rule.allow, exceptions: [] };
  }
  if (type !== 'b' && type !== 'c') throw badRule(rule, `its type ${JSON.stringify(type)} is not one of a, b, c`);
  const entry: DeviceException = {
    type,
    major: numberOf(rule, 'major'),
    minor: numberOf(rule, 'minor'),
    access: accessOf(rule),
  };
  // A rule that goes with the default takes exceptions away; one that goes against it adds one.
  const exceptions = rule.allow === state.allow ? withoutAccess(state.exceptions, entry, rule) : added(state, entry);
  return { allow: state.allow, exceptions };
}

function added(state: DeviceRules, entry: DeviceException): DeviceException[] {
  const same = state.exceptions.find((other) => sameDevice(other, entry));
  const access = same === undefined ? entry.access : new Set([...same.access, ...entry.access]);
  return [...state.exceptions.filter((other) => other !== same), { ...entry, access }];
}

function withoutAccess(
  exceptions: readonly DeviceException[],
  taken: DeviceException,
  rule: LinuxDeviceCgroup,
): DeviceException[] {
  return exceptions.flatMap((exception) => {
    if (!overlaps(exception, taken)) return [exception];
    if (!covers(taken, exception)) {
      throw new BerthError(
        'unsupported',
        'cgroup.device-rule',
        `device rule "${describe(rule)}" takes a part out of the wider rule "${formatException(exception)}", which the kernel cannot express`,
      );
    }
    const access = new Set([...exception.access].filter((letter) => !taken.access.has(letter)));
    return access.size === 0 ? [] : [{ ...exception, access }];
  });
}

function sameDevice(a: DeviceException, b: DeviceException): boolean {
  return a.type === b.type && a.major === b.major && a.minor === b.minor;
}

function covers(wide: DeviceException, narrow: DeviceException): boolean {
  const part = (w: number | undefined, n: number | undefined): boolean => w === undefined || w === n;
  return wide.type === narrow.type && part(wide.major, narrow.major) && part(wide.minor, narrow.minor);
}

function overlaps(a: DeviceException, b: DeviceException): boolean {
  const part = (x: number | undefined, y: number | undefined): boolean => x === undefined || y === undefined || x === y;
  const shared = [...a.access].some((letter) => b.access.has(letter));
  return a.type === b.type && shared && part(a.major, b.major) && part(a.minor, b.minor);
}

function requireWholeWildcard(rule: LinuxDeviceCgroup): void {
  const whole = accessOf(rule).size === LETTERS.length;
  if (!whole || numberOf(rule, 'major') !== undefined || numberOf(rule, 'minor') !== undefined) {
    throw badRule(rule, 'a rule for all types must be for all numbers and all access');
  }
}

function numberOf(rule: LinuxDeviceCgroup, field: 'major' | 'minor'): number | undefined {
  const value = rule[field];
  if (value === undefined || value === null || value === -1) return undefined;
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw badRule(rule, `its ${field} is out of range`);
  return value;
}

function accessOf(rule: LinuxDeviceCgroup): Access {
  const text = rule.access === undefined || rule.access === '' ? 'rwm' : rule.access;
  if (!/^[rwm]+$/.test(text)) throw badRule(rule, `its access ${JSON.stringify(text)} has letters other than r, w, m`);
  return new Set(text);
}

function describe(rule: LinuxDeviceCgroup): string {
  const number = (value: number | undefined | null): string =>
    value === undefined || value === null || value === -1 ? '*' : String(value);
  const access = rule.access === undefined || rule.access === '' ? 'rwm' : rule.access;
  return `${rule.allow ? 'allow' : 'deny'} ${rule.type ?? 'a'} ${number(rule.major)}:${number(rule.minor)} ${access}`;
}

function badRule(rule: LinuxDeviceCgroup, reason: string): BerthError {
  return new BerthError('invalid', 'cgroup.device-rule', `invalid device rule "${describe(rule)}": ${reason}`);
}
