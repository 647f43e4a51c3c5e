import { BerthError } from '#base/errors.ts';
import type { Linux, LinuxIDMapping, OciConfig } from '#spec/oci-runtime/config.ts';
import type { IdRange, NamespaceKind, PlanOp, Side, Slot } from '#sys/keeper/plan.ts';
import type { Draft } from './draft.ts';
import type { HostFacts } from './launch-options.ts';
import { CAP_SYS_ADMIN, OPEN } from './linux-numbers.ts';

/** Which namespaces a container gets, and how. */
export interface NamespaceSet {
  readonly fresh: ReadonlySet<NamespaceKind>;
  /** Kind to the path of the namespace file to join. */
  readonly joined: ReadonlyMap<NamespaceKind, string>;
  /** A user namespace other than the runtime's own, new or joined. */
  readonly foreignUser: boolean;
  /**
   * Where sources on the host are opened: by the keeper when the container's user may not reach them, in the child
   * otherwise. Without privileges on the host the keeper could not mount either.
   */
  readonly sourceSide: Side;
}

/** Linux makes these in the order of a later joining process: user last, so that the host's rights count for the others. */
const JOIN_ORDER: readonly NamespaceKind[] = ['network', 'ipc', 'uts', 'cgroup', 'mount'];

/** Sorts `linux.namespaces`. @throws BerthError `invalid` for duplicates */
export function namespaceSet(linux: Linux, facts: HostFacts): NamespaceSet {
  const fresh = new Set<NamespaceKind>();
  const joined = new Map<NamespaceKind, string>();
  for (const { type, path } of linux.namespaces ?? []) {
    if (fresh.has(type) || joined.has(type)) {
      throw new BerthError('invalid', 'oci-config.invalid', `config.json: linux.namespaces: ${type} is there twice`);
    }
    if (path === undefined || path === '') fresh.add(type);
    else joined.set(type, path);
  }
  const foreignUser = fresh.has('user') || joined.has('user');
  const sourceSide = foreignUser && (facts.capabilities & CAP_SYS_ADMIN) !== 0n ? 'before' : 'child';
  return { fresh, joined, foreignUser, sourceSide };
}

export function hasNamespace(set: NamespaceSet, kind: NamespaceKind): boolean {
  return set.fresh.has(kind) || set.joined.has(kind);
}

export function idRanges(mappings: readonly LinuxIDMapping[]): IdRange[] {
  return mappings.map(({ containerID, hostID, size }) => ({ inside: containerID, outside: hostID, size }));
}

/**
 * Ops up to and including the clone, and those that make the child a citizen of its namespaces.
 *
 * @param cgroupDir v2 directory to be born in
 */
export function planClone(draft: Draft, config: OciConfig, set: NamespaceSet, cgroupDir: string | undefined): void {
  const slots = openJoined(draft, set);
  const cgroup = cgroupDir === undefined ? undefined : openCgroup(draft, cgroupDir);
  planTime(draft, config.linux ?? {}, set, slots);
  const pid = slots.get('pid');
  if (pid !== undefined) draft.add({ side: 'before', op: 'join-namespaces', slot: pid, namespaces: ['pid'] });
  const side = planMiddle(draft, set, slots);
  // A cgroup namespace is unshared later, once the process is in its control group. Time namespaces only bind children.
  const namespaces = [...set.fresh].filter((kind) => kind !== 'cgroup' && kind !== 'time');
  draft.add({ side, op: 'clone', namespaces, ...(cgroup === undefined ? {} : { cgroup }) });
  // A way into the host's control groups is no longer than needed (CVE-2024-21626).
  if (cgroup !== undefined) draft.add({ side: 'child', op: 'close', slot: cgroup });
  for (const kind of set.foreignUser ? [] : JOIN_ORDER) {
    const slot = slots.get(kind);
    if (slot !== undefined) draft.add({ side: 'child', op: 'join-namespaces', slot, namespaces: [kind] });
  }
}

function openJoined(draft: Draft, set: NamespaceSet): Map<NamespaceKind, Slot> {
  const slots = new Map<NamespaceKind, Slot>();
  for (const [kind, path] of set.joined) {
    const slot = draft.takeSlot('before');
    slots.set(kind, slot);
    draft.add({ side: 'before', op: 'open', slot, at: { path }, flags: OPEN.RDONLY, about: `${kind} namespace` });
  }
  return slots;
}

function openCgroup(draft: Draft, path: string): Slot {
  const slot = draft.takeSlot('before');
  draft.add({ side: 'before', op: 'open', slot, at: { path }, flags: OPEN.PATH, about: 'control group to be born in' });
  return slot;
}

function planTime(draft: Draft, linux: Linux, set: NamespaceSet, slots: ReadonlyMap<NamespaceKind, Slot>): void {
  const slot = slots.get('time');
  if (slot !== undefined) draft.add({ side: 'before', op: 'join-namespaces', slot, namespaces: ['time'] });
  if (!set.fresh.has('time')) return;
  const offset = (name: 'monotonic' | 'boottime'): bigint => {
    const { secs = 0, nanosecs = 0 } = linux.timeOffsets?.[name] ?? {};
    return BigInt(secs) * 1_000_000_000n + BigInt(nanosecs);
  };
  draft.add({
    side: 'before',
    op: 'time-namespace',
    monotonicNs: offset('monotonic'),
    boottimeNs: offset('boottime'),
  });
}

/**
 * With a user namespace, joining the other namespaces needs the rights of before: a short-lived process in the middle
 * joins them first and the user namespace last.
 */
function planMiddle(draft: Draft, set: NamespaceSet, slots: ReadonlyMap<NamespaceKind, Slot>): 'before' | 'middle' {
  if (!set.foreignUser) return 'before';
  const ops: PlanOp[] = [];
  for (const kind of [...JOIN_ORDER, 'user' as const]) {
    const slot = slots.get(kind);
    if (slot !== undefined) ops.push({ side: 'middle', op: 'join-namespaces', slot, namespaces: [kind] });
  }
  draft.add(...ops);
  return ops.length > 0 ? 'middle' : 'before';
}

/** Id maps of a new user namespace, and becoming its root. */
export function planUserNamespace(draft: Draft, linux: Linux, set: NamespaceSet, facts: HostFacts): void {
  if (!set.foreignUser) return;
  const uid = idRanges(linux.uidMappings ?? []);
  const gid = idRanges(linux.gidMappings ?? []);
  const unprivileged = facts.uid !== 0;
  if (set.fresh.has('user')) {
    draft.add(
      {
        side: 'parent',
        op: 'id-maps',
        uid,
        gid,
        ...(unprivileged ? idMapHelpers(uid, gid, facts.uid) : {}),
      },
      { side: 'parent', op: 'post' },
      { side: 'child', op: 'wait' },
    );
  }
  draft.add({
    side: 'child',
    op: 'credentials',
    uid: rootOf(uid),
    gid: rootOf(gid),
    ...(unprivileged ? {} : { groups: [] }),
    about: 'become root of the user namespace',
  });
}

/** A single mapping of one's own id needs no helper, but then setgroups(2) has to be given up (user_namespaces(7)). */
function idMapHelpers(
  uid: readonly IdRange[],
  gid: readonly IdRange[],
  own: number,
): { denySetgroups: true } | { helpers: { uid: string; gid: string } } {
  const single = uid.length === 1 && gid.length === 1 && uid[0]?.size === 1 && uid[0].outside === own;
  return single ? { denySetgroups: true } : { helpers: { uid: 'newuidmap', gid: 'newgidmap' } };
}

function rootOf(ranges: readonly IdRange[]): number {
  const holdsZero = ranges.length === 0 || ranges.some((range) => range.inside === 0);
  return holdsZero ? 0 : Math.min(...ranges.map((range) => range.inside));
}
