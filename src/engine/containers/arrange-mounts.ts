/** What a plan needs beyond the runtime specification: sub-paths, volumes that are filled or mounted, shared file systems. */
import { constants } from 'node:fs';
import type { LaunchPlan, PlanOp, Slot } from '#sys/keeper/plan.ts';
import { VOLUME_MOUNT_FAILED } from '../volumes/mount-failure.ts';
import type { StartMount } from './start-mounts.ts';

/** Slots the runtime's plans leave free: it counts up from 0. Each is filled and closed by neighbouring ops. */
const BASE: Slot = 59;
const COPY: Slot = 60;
const OWN_ROOT: Slot = 61;
const OWN_NAMESPACE: Slot = 62;
const OTHERS_NAMESPACE: Slot = 63;
/** From here downwards: file systems that are mounted before the clone. */
const MOUNTED_FIRST: Slot = 56;

const READ_ONLY = 1;
/** open(2) O_PATH, which Node does not name. */
const O_PATH = 0o10000000;

type Attach = Extract<PlanOp, { op: 'attach' }>;
type Source = Extract<PlanOp, { op: 'clone-mount' | 'new-mount' }>;

/** Kinds of file system that need no host: made on the child's side, in the container's own namespaces. */
const LOCAL_TYPES = ['tmpfs', 'ramfs', 'overlay', 'bind'];

/**
 * Puts into a plan what the mounts need that config.json cannot say.
 *
 * A sub-path is resolved beneath the descriptor of its volume, so that links in it cannot lead out. A file system of a server or
 * a device is mounted before the clone, from the host's network. A volume is filled right before it covers the image's directory.
 */
export function arrangeMounts(plan: LaunchPlan, mounts: readonly StartMount[]): LaunchPlan {
  let ops: readonly PlanOp[] = plan.ops;
  let first = MOUNTED_FIRST;
  for (const mount of mounts) {
    const { subpath, fill, shared, driver } = mount;
    if (subpath !== undefined || shared !== undefined || fill !== undefined) ops = rewrite(ops, mount, plan.runDir);
    if (driver?.place !== undefined) ops = named(ops, mount, driver.place);
    if (driver !== undefined && !LOCAL_TYPES.includes(driver.type)) ops = mountFirst(ops, mount, first--);
  }
  return ops === plan.ops ? plan : { ...plan, ops };
}

/** Where in the ops a mount is opened and attached. */
function findMount(ops: readonly PlanOp[], destination: string) {
  const attachAt = ops.findLastIndex((op) => op.op === 'attach' && op.side === 'child' && op.at.path === destination);
  const attach = ops[attachAt];
  if (attach?.op !== 'attach') throw new Error(`the plan has no mount at ${destination}`);
  const isSource = (op: PlanOp): op is Source & PlanOp =>
    (op.op === 'clone-mount' || op.op === 'new-mount') && op.slot === attach.slot;
  const sourceAt = ops.findLastIndex((op, i) => i < attachAt && isSource(op));
  const source = ops[sourceAt];
  if (source === undefined || !isSource(source)) throw new Error(`the plan opens no mount for ${destination}`);
  return { attachAt, attach: attach as Attach & PlanOp, sourceAt, source };
}

function named(ops: readonly PlanOp[], mount: StartMount, place: string): readonly PlanOp[] {
  const about = `${VOLUME_MOUNT_FAILED} '${place}': failed to mount local volume: mount ${mount.source}:${place}`;
  const { sourceAt, source } = findMount(ops, mount.destination);
  return source.op === 'new-mount' ? ops.with(sourceAt, { ...source, about }) : ops;
}

function rewrite(ops: readonly PlanOp[], mount: StartMount, runDir: string): readonly PlanOp[] {
  const { attachAt, attach, sourceAt, source } = findMount(ops, mount.destination);
  const filling = mount.fill === undefined ? [] : fillOps(ops, mount, mount.fill, attach, source);
  return [
    ...ops.slice(0, sourceAt),
    ...sourceOps(mount, source, runDir),
    ...ops.slice(sourceAt + 1, attachAt),
    ...filling,
    ...ops.slice(attachAt),
  ];
}

function sourceOps(mount: StartMount, source: Source & PlanOp, runDir: string): readonly PlanOp[] {
  if (mount.shared !== undefined) return copyFromInside(source, mount.shared);
  if (mount.subpath === undefined) return [source];
  if (source.op === 'clone-mount') return openBeneath(source, mount);
  return copyOfPart(source, mount.subpath, `${runDir}/image-${source.slot}`);
}

/** A bind of what is at `subpath` of a directory, whatever links there are. */
function openBeneath(
  clone: Extract<PlanOp, { op: 'clone-mount' }>,
  { source, subpath = '', name }: StartMount,
): readonly PlanOp[] {
  return [
    { side: clone.side, op: 'open', slot: BASE, at: { path: source }, flags: O_PATH | constants.O_DIRECTORY },
    { ...clone, at: { root: BASE, path: subpath }, about: `${name}, sub-path` } as PlanOp,
    { side: clone.side, op: 'close', slot: BASE },
  ];
}

/** A part of a new mount: only what hangs somewhere can be copied, so it is put where the container's root will cover it. */
function copyOfPart(source: Extract<PlanOp, { op: 'new-mount' }>, subpath: string, place: string): readonly PlanOp[] {
  const { side } = source;
  return [
    { ...source, slot: BASE },
    { side, op: 'attach', slot: BASE, at: { path: place }, create: 'directory' },
    { side, op: 'clone-mount', slot: source.slot, at: { root: BASE, path: subpath }, recursive: false },
    attributes(side, source.slot, source.attrs, 0),
    { side, op: 'close', slot: BASE },
  ];
}

function attributes(side: PlanOp['side'], slot: Slot, set: number, clear: number): PlanOp {
  return { side, op: 'mount-attributes', at: { root: slot, path: '' }, set, clear, recursive: false };
}

/** A file system that another container has mounted, copied in that container's mount namespace. */
function copyFromInside(source: Source & PlanOp, { pid, path }: NonNullable<StartMount['shared']>): readonly PlanOp[] {
  const { side, slot } = source;
  const open = (into: Slot, at: string, flags: number = constants.O_RDONLY): PlanOp => ({
    side,
    op: 'open',
    slot: into,
    at: { path: at },
    flags,
  });
  const enter = (into: Slot): PlanOp => ({ side, op: 'join-namespaces', slot: into, namespaces: ['mount'] });
  const attrs = source.op === 'new-mount' ? source.attrs : 0;
  return [
    open(OTHERS_NAMESPACE, `/proc/${pid}/ns/mnt`),
    open(OWN_NAMESPACE, '/proc/self/ns/mnt'),
    open(OWN_ROOT, '/', O_PATH | constants.O_DIRECTORY),
    enter(OTHERS_NAMESPACE),
    open(BASE, '/', O_PATH | constants.O_DIRECTORY),
    { side, op: 'clone-mount', slot, at: { root: BASE, path: path.replace(/^\/+/, '') }, recursive: false },
    { side, op: 'close', slot: BASE },
    enter(OWN_NAMESPACE),
    // Joining leads to the namespace's own root, which need not be where this process had its root.
    { side, op: 'pivot-root', slot: OWN_ROOT, how: 'chroot' },
    attributes(side, slot, attrs, READ_ONLY & ~attrs),
    ...[OTHERS_NAMESPACE, OWN_NAMESPACE, OWN_ROOT].map((used): PlanOp => ({ side, op: 'close', slot: used })),
  ];
}

/**
 * Copies what the image has in a volume's place into it. A bind is filled through a copy of its own, which is writable and has
 * the same owners as the one that the container gets.
 */
function fillOps(
  ops: readonly PlanOp[],
  mount: StartMount,
  marker: string,
  attach: Attach & PlanOp,
  source: Source & PlanOp,
): readonly PlanOp[] {
  const fill = (slot: Slot, path: string): PlanOp => ({
    side: 'child',
    op: 'fill-volume',
    from: attach.at,
    slot,
    marker: path,
    about: mount.destination,
  });
  if (source.op === 'new-mount') return [fill(source.slot, '')];
  const clone = { ...source, side: 'child' as const, slot: COPY, recursive: false };
  const mapped = ops.find(
    (op): op is Extract<PlanOp, { op: 'mount-attributes' }> =>
      op.op === 'mount-attributes' && op.at.root === source.slot && op.userns !== undefined,
  );
  return [
    ...(mount.subpath === undefined ? [clone] : openBeneath(clone, mount)),
    ...(mapped === undefined ? [] : [{ ...mapped, side: 'child' as const, at: { root: COPY, path: '' } }]),
    fill(COPY, marker),
    { side: 'child', op: 'close', slot: COPY },
  ];
}

/** Mounts a server's or a device's file system before the clone, into a slot of its own that the child inherits. */
function mountFirst(ops: readonly PlanOp[], mount: StartMount, slot: Slot): readonly PlanOp[] {
  const { attachAt, attach, sourceAt, source } = findMount(ops, mount.destination);
  const cloneAt = ops.findIndex(({ op }) => op === 'clone');
  const old = source.slot;
  const moved = (op: PlanOp, i: number): readonly PlanOp[] => {
    if (i === cloneAt) return [{ ...source, side: 'before', slot } as PlanOp, op];
    if (i === sourceAt) return [];
    if (i < sourceAt || i > attachAt + 1) return [op];
    if (i === attachAt) return [{ ...attach, slot }];
    return [onSlot(op, old, slot)];
  };
  return ops.flatMap(moved);
}

/** The same op on another slot, if it is about the first. */
function onSlot(op: PlanOp, from: Slot, to: Slot): PlanOp {
  if ((op.op === 'close' || op.op === 'fill-volume') && op.slot === from) return { ...op, slot: to };
  if (op.op === 'mount-attributes' && op.at.root === from) return { ...op, at: { ...op.at, root: to } };
  return op;
}
