import { BerthError } from '#base/errors.ts';
import type { Linux, Mount } from '#spec/oci-runtime/config.ts';
import type { FsOption, PlanOp, Side, Slot } from '#sys/keeper/plan.ts';
import { planCgroupMount } from './cgroup-mount.ts';
import type { Draft } from './draft.ts';
import type { LaunchOptions } from './launch-options.ts';
import { MOUNT_ATTR, OPEN, PROPAGATION } from './linux-numbers.ts';
import { type AttributeChange, type MountOptions, parseMountOptions } from './mount-options.ts';
import { idRanges, type NamespaceSet } from './namespaces.ts';

/** What all mounts of one plan share. */
export interface MountContext {
  readonly draft: Draft;
  readonly linux: Linux;
  readonly namespaces: NamespaceSet;
  readonly options: LaunchOptions;
  /** Slot of the root mount. */
  readonly root: Slot;
  /** Mounts that become read-only only when everything below them is in place. */
  readonly readOnlyLater: string[];
}

/** A mount whose source is open, waiting to be attached. */
export interface PreparedMount {
  readonly mount: Mount;
  readonly options: MountOptions;
  readonly slot: Slot | undefined;
}

/** File systems whose superblock is not on a device: `ro` is a matter of the mount alone. */
const VIRTUAL = new Set([
  'proc',
  'sysfs',
  'tmpfs',
  'devpts',
  'mqueue',
  'cgroup',
  'cgroup2',
  'debugfs',
  'tracefs',
  'bpf',
]);

/**
 * Opens what the mounts need from the host, on the side that may. Call before the clone.
 *
 * @returns the mounts in their order, for {@link attachMounts}
 */
export function prepareMounts(context: Omit<MountContext, 'root'>, mounts: readonly Mount[]): PreparedMount[] {
  return mounts.map((given, index) => {
    const mount = unrooted(context, given);
    const options = parseMountOptions(mount.options ?? []);
    checkMount(mount, options, index);
    const hostSide = isBind(mount, options) && needsHost(context, mount, options);
    return { mount, options, slot: hostSide ? cloneSource(context, 'before', mount, options) : undefined };
  });
}

/** Ops that put the mounts in their places beneath the root, on the child's side. */
export function attachMounts(context: MountContext, prepared: readonly PreparedMount[]): void {
  for (const entry of prepared) {
    const { mount, options } = entry;
    if (options.remount) remount(context, mount, options);
    else if (isBind(mount, options)) attachBind(context, entry);
    else if (mount.type === 'cgroup') planCgroupMount(context, mount, options);
    else attachNew(context, mount, options);
  }
}

/** Last step before the root changes: read-only mounts that had to stay writable so far. */
export function finishMounts(context: MountContext): void {
  for (const path of context.readOnlyLater) {
    context.draft.add({
      side: 'child',
      op: 'mount-attributes',
      at: { root: context.root, path },
      set: MOUNT_ATTR.RDONLY,
      clear: 0,
      recursive: false,
    });
  }
}

function isBind(mount: Mount, options: MountOptions): boolean {
  return options.bind !== 'no' || mount.type === 'bind';
}

function needsHost(context: Omit<MountContext, 'root'>, mount: Mount, options: MountOptions): boolean {
  if (options.idmap !== 'no' || mount.uidMappings !== undefined) return true;
  return context.namespaces.sourceSide === 'before' && beneathRoot(context, mount.source ?? '') === undefined;
}

/** The part below the root file system of a host's path that leads into it, and not out again; there it shows what was mounted before. */
function beneathRoot({ options: { rootfs } }: Omit<MountContext, 'root'>, path: string): string | undefined {
  if (rootfs.type !== 'bind' || !path.startsWith(`${rootfs.path}/`) || path.split('/').includes('..')) return undefined;
  return path.slice(rootfs.path.length);
}

/** Destinations with the root file system before them mean the same without, as they do for runc. */
function unrooted(context: Omit<MountContext, 'root'>, mount: Mount): Mount {
  return { ...mount, destination: beneathRoot(context, mount.destination) ?? mount.destination };
}

/** What belongs to a file system (`mode=755`) does nothing on a bind mount; mount(2) leaves it aside as well. */
function checkMount(mount: Mount, options: MountOptions, index: number): void {
  const at = `config.json: mounts[${index}]`;
  const refuse = (problem: string): BerthError => new BerthError('invalid', 'oci-config.invalid', `${at}${problem}`);
  if (options.remount) return;
  if (isBind(mount, options)) {
    if (mount.source === undefined || mount.source === '') throw refuse('.source: is required for a bind mount');
    if (options.copyUp) throw refuse('.options: tmpcopyup is only for tmpfs mounts');
  } else {
    if (mount.type === undefined || mount.type === '') throw refuse('.type: is required');
    if (options.idmap !== 'no' || mount.uidMappings !== undefined) {
      throw refuse('.uidMappings: only bind mounts can be id-mapped');
    }
    if (options.copyUp && mount.type !== 'tmpfs') throw refuse('.options: tmpcopyup is only for tmpfs mounts');
  }
}

/** A detached copy of the bind's source with its attributes set. */
function cloneSource(
  context: Omit<MountContext, 'root'> & { readonly root?: Slot },
  side: Side,
  mount: Mount,
  options: MountOptions,
): Slot {
  const { draft, root } = context;
  const slot = draft.takeSlot(side);
  const source = mount.source ?? '';
  const path = source.startsWith('/') ? source : `${context.options.bundle}/${source}`;
  const inside = root === undefined ? undefined : beneathRoot(context, path);
  draft.add({
    side,
    op: 'clone-mount',
    slot,
    at: root === undefined || inside === undefined ? { path } : { root, path: inside },
    recursive: options.bind === 'rbind',
    about: mount.destination,
  });
  if (side === 'before') {
    // A copy of a shared mount would carry what happens below it in the container back to the host.
    draft.add(change(side, slot, { set: 0, clear: 0 }, true, PROPAGATION.SLAVE));
  }
  planIdMap(context, side, slot, mount, options);
  planAttributes(draft, side, slot, options);
  return slot;
}

function planIdMap(
  context: Omit<MountContext, 'root'>,
  side: Side,
  slot: Slot,
  mount: Mount,
  options: MountOptions,
): void {
  const { draft, linux } = context;
  const uid = mount.uidMappings ?? (options.idmap === 'no' ? undefined : linux.uidMappings);
  const gid = mount.gidMappings ?? (options.idmap === 'no' ? undefined : linux.gidMappings);
  if (uid === undefined && gid === undefined && options.idmap === 'no') return;
  const joined = context.namespaces.joined.get('user');
  if (uid === undefined && gid === undefined && joined !== undefined) {
    const userns = draft.takeSlot('before');
    draft.add(
      { side: 'before', op: 'open', slot: userns, at: { path: joined }, flags: OPEN.RDONLY, about: 'user namespace' },
      idMapped(side, slot, options, userns),
    );
    return;
  }
  if (uid === undefined || gid === undefined || uid.length === 0 || gid.length === 0) {
    throw new BerthError(
      'invalid',
      'oci-config.invalid',
      `config.json: mounts: ${mount.destination}: an id-mapped mount needs uidMappings and gidMappings`,
    );
  }
  const userns = draft.takeSlot('before');
  draft.add(
    { side: 'before', op: 'map-namespace', slot: userns, uid: idRanges(uid), gid: idRanges(gid) },
    idMapped(side, slot, options, userns),
  );
}

function idMapped(side: Side, slot: Slot, options: MountOptions, userns: Slot): PlanOp {
  const recursive = options.idmap === 'ridmap';
  return { side, op: 'mount-attributes', at: { root: slot, path: '' }, set: 0, clear: 0, recursive, userns };
}

/** Attributes of a detached mount: first those for everything below, then its own. */
function planAttributes(draft: Draft, side: Side, slot: Slot, options: MountOptions): void {
  const { attributes, recursive } = options;
  if (recursive.set !== 0 || recursive.clear !== 0) draft.add(change(side, slot, recursive, true));
  if (attributes.set !== 0 || attributes.clear !== 0) draft.add(change(side, slot, attributes, false));
  const { propagation } = options;
  if (propagation !== undefined) {
    draft.add(change(side, slot, { set: 0, clear: 0 }, propagation.recursive, propagation.type));
  }
}

function change(side: Side, slot: Slot, attributes: AttributeChange, recursive: boolean, propagation?: number): PlanOp {
  return {
    side,
    op: 'mount-attributes',
    at: { root: slot, path: '' },
    ...attributes,
    recursive,
    ...(propagation === undefined ? {} : { propagation }),
  };
}

function attachBind(context: MountContext, { mount, options, slot }: PreparedMount): void {
  const { draft, root } = context;
  const source = slot ?? cloneSource(context, 'child', mount, options);
  const at = { root, path: mount.destination };
  draft.add({ side: 'child', op: 'attach', slot: source, at, create: 'as-source' });
  draft.closeSlot(source);
}

function attachNew(context: MountContext, mount: Mount, options: MountOptions): void {
  const { draft, root } = context;
  const type = mount.type ?? '';
  const at = { root, path: mount.destination };
  const slot = draft.takeSlot('child');
  // Nothing is below a new mount: what is to hold for all holds for itself.
  const wanted = (options.recursive.set & ~options.attributes.clear) | options.attributes.set;
  const later = type === 'tmpfs' && (wanted & MOUNT_ATTR.RDONLY) !== 0;
  if (later) context.readOnlyLater.push(mount.destination);
  const attrs = later ? wanted & ~MOUNT_ATTR.RDONLY : wanted;
  draft.add({ side: 'child', op: 'new-mount', slot, fsType: type, options: fsOptions(context, mount, options), attrs });
  if (options.copyUp) draft.add({ side: 'child', op: 'copy-up', from: at, slot });
  const { propagation } = options;
  if (propagation !== undefined) {
    draft.add(change('child', slot, { set: 0, clear: 0 }, propagation.recursive, propagation.type));
  }
  // A tmpfs without a mode of its own looks like the directory that it covers.
  const like = type === 'tmpfs' && !options.copyUp && !options.data.some(({ key }) => key === 'mode');
  draft.add({ side: 'child', op: 'attach', slot, at, create: like ? 'directory-as-found' : 'directory' });
  draft.closeSlot(slot);
}

/** What the file system's superblock is configured with. */
export function fsOptions(context: MountContext, mount: Mount, options: MountOptions): FsOption[] {
  const type = mount.type ?? '';
  const source = mount.source ?? '';
  const all: FsOption[] = [];
  if (source !== '') all.push({ key: 'source', value: source });
  if (!VIRTUAL.has(type) && (options.attributes.set & MOUNT_ATTR.RDONLY) !== 0) all.push({ key: 'ro' });
  all.push(...options.superblock, ...options.data.flatMap((option) => splitLower(type, option)));
  const label = context.linux.mountLabel;
  if (label !== undefined && label !== '' && type !== 'sysfs' && type !== 'proc') {
    all.push({ key: 'context', value: label });
  }
  return all;
}

/** A long `lowerdir` does not fit into one fsconfig(2) call: one call for each layer instead. */
function splitLower(type: string, option: FsOption): FsOption[] {
  const { key, value = '' } = option;
  if (type !== 'overlay' || key !== 'lowerdir' || value.length < 256 || value.includes('\\') || value.includes('::')) {
    return [option];
  }
  return value.split(':').map((layer) => ({ key: 'lowerdir+', value: layer }));
}

function remount(context: MountContext, mount: Mount, options: MountOptions): void {
  const { draft, root } = context;
  const at = { root, path: mount.destination };
  const { attributes, recursive } = options;
  const add = (which: AttributeChange, deep: boolean): void =>
    draft.add({ side: 'child', op: 'mount-attributes', at, ...which, recursive: deep });
  const data = [...options.superblock, ...options.data];
  if (data.length > 0) draft.add({ side: 'child', op: 'remount', at, options: data });
  if (recursive.set !== 0 || recursive.clear !== 0) add(recursive, true);
  if (attributes.set !== 0 || attributes.clear !== 0) add(attributes, false);
}
