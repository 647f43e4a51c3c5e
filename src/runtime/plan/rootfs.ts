import { BerthError } from '#base/errors.ts';
import type { Linux } from '#spec/oci-runtime/config.ts';
import type { OverlayRootfs, RootfsMount } from '#spec/rootfs.ts';
import type { FsOption, Side, Slot } from '#sys/keeper/plan.ts';
import type { Draft } from './draft.ts';
import { MOUNT_ATTR, OPEN, PROPAGATION } from './linux-numbers.ts';
import { hasNamespace, type NamespaceSet } from './namespaces.ts';

const PROPAGATION_TYPES: Readonly<Record<string, number>> = {
  private: PROPAGATION.PRIVATE,
  slave: PROPAGATION.SLAVE,
  shared: PROPAGATION.SHARED,
  unbindable: PROPAGATION.UNBINDABLE,
};

interface RootPropagation {
  readonly type: number;
  readonly recursive: boolean;
}

function rootPropagation(linux: Linux): RootPropagation | undefined {
  const name = linux.rootfsPropagation;
  if (name === undefined || name === '') return undefined;
  const recursive = PROPAGATION_TYPES[name] === undefined && name.startsWith('r');
  const type = PROPAGATION_TYPES[recursive ? name.slice(1) : name];
  if (type === undefined) {
    throw new BerthError(
      'invalid',
      'oci-config.invalid',
      `config.json: linux.rootfsPropagation: must be one of shared, slave, private, unbindable or r with one of them, is ${JSON.stringify(name)}`,
    );
  }
  return { type, recursive };
}

/**
 * Opens the root file system as a detached mount. Call before the clone.
 *
 * @returns its slot; `undefined` when the container has no mount namespace, then it is a directory of the host
 */
export function prepareRootfs(
  draft: Draft,
  linux: Linux,
  rootfs: RootfsMount,
  namespaces: NamespaceSet,
  unprivileged: boolean,
): Slot {
  if (!hasNamespace(namespaces, 'mount')) return openHostRoot(draft, rootfs);
  const side = namespaces.sourceSide;
  const slot = draft.takeSlot('before');
  if (side === 'before') mountRootfs(draft, side, slot, rootfs, { unprivileged, linux });
  return slot;
}

function openHostRoot(draft: Draft, rootfs: RootfsMount): Slot {
  if (rootfs.type !== 'bind') {
    throw new BerthError(
      'invalid',
      'oci-config.invalid',
      'config.json: linux.namespaces: an overlay needs a mount namespace',
    );
  }
  const slot = draft.takeSlot('before');
  draft.add({
    side: 'before',
    op: 'open',
    slot,
    at: { path: rootfs.path },
    flags: OPEN.PATH,
    about: 'root file system',
  });
  return slot;
}

/**
 * Separates the mount namespace from the host's and attaches the root file system, on the child's side. Over "/" nothing
 * on the host has to be reachable for the container's user, and "/" of this process still means the old root.
 */
export function attachRootfs(
  draft: Draft,
  linux: Linux,
  rootfs: RootfsMount,
  namespaces: NamespaceSet,
  slot: Slot,
  unprivileged: boolean,
): void {
  const wanted = rootPropagation(linux);
  const shared = isShared(linux);
  const initial = wanted === undefined || wanted.type === PROPAGATION.SLAVE ? PROPAGATION.SLAVE : PROPAGATION.PRIVATE;
  // Shared means that bind mounts stay in their groups with the host; only what the root hangs on must not be.
  draft.add({
    side: 'child',
    op: 'mount-attributes',
    at: { path: '/' },
    set: 0,
    clear: 0,
    propagation: shared ? PROPAGATION.PRIVATE : initial,
    recursive: !shared,
    about: 'nothing mounted in the container reaches the host',
  });
  if (namespaces.sourceSide === 'child') mountRootfs(draft, 'child', slot, rootfs, { unprivileged, linux });
  const path = placeOfRoot(linux, rootfs, namespaces) ?? '/';
  draft.add({ side: 'child', op: 'attach', slot, at: { path }, about: 'root file system' });
}

/**
 * Where hooks find the container's files before the root changes: at the bundle's root, if it can be attached there.
 *
 * @returns undefined when it is over "/", where no path leads
 */
export function placeOfRoot(linux: Linux, rootfs: RootfsMount, namespaces: NamespaceSet): string | undefined {
  if (rootfs.type !== 'bind') return undefined;
  if (!hasNamespace(namespaces, 'mount')) return rootfs.path;
  return isShared(linux) || namespaces.foreignUser ? undefined : rootfs.path;
}

function isShared(linux: Linux): boolean {
  return rootPropagation(linux)?.type === PROPAGATION.SHARED;
}

function mountRootfs(
  draft: Draft,
  side: Side,
  slot: Slot,
  rootfs: RootfsMount,
  { unprivileged, linux }: { readonly unprivileged: boolean; readonly linux: Linux },
): void {
  if (rootfs.type === 'overlay') {
    draft.add({
      side,
      op: 'new-mount',
      slot,
      fsType: 'overlay',
      options: overlayOptions(rootfs, unprivileged),
      attrs: 0,
      about: 'root file system',
    });
    return;
  }
  draft.add(
    { side, op: 'clone-mount', slot, at: { path: rootfs.path }, recursive: true, about: 'root file system' },
    {
      side,
      op: 'mount-attributes',
      at: { root: slot, path: '' },
      set: 0,
      clear: 0,
      // As a slave it goes on getting what is mounted there on the host.
      propagation: rootPropagation(linux)?.type === PROPAGATION.SLAVE ? PROPAGATION.SLAVE : PROPAGATION.PRIVATE,
      recursive: true,
    },
  );
}

/**
 * Options of an overlay. Redirects and metadata-only copies are off: layers are taken apart again by programs that know
 * nothing of them (overlayfs.rst, "redirect_dir", "metacopy").
 */
export function overlayOptions(rootfs: OverlayRootfs, unprivileged: boolean): FsOption[] {
  return [
    { key: 'source', value: 'overlay' },
    ...rootfs.lower.map((value) => ({ key: 'lowerdir+', value })),
    { key: 'upperdir', value: rootfs.upper },
    { key: 'workdir', value: rootfs.work },
    { key: 'index', value: 'off' },
    { key: 'redirect_dir', value: 'nofollow' },
    { key: 'metacopy', value: 'off' },
    ...(rootfs.volatile === true ? [{ key: 'volatile' }] : []),
    ...(unprivileged ? [{ key: 'userxattr' }] : []),
  ];
}

/** Makes it the root, read-only if wanted, and gives it its propagation. */
export function enterRootfs(
  draft: Draft,
  linux: Linux,
  slot: Slot,
  how: { readonly readonly: boolean; readonly enter: 'pivot' | 'move' | 'chroot' },
): void {
  if (how.readonly) {
    draft.add({
      side: 'child',
      op: 'mount-attributes',
      at: { root: slot, path: '' },
      set: MOUNT_ATTR.RDONLY,
      clear: 0,
      recursive: false,
      about: 'read-only root',
    });
  }
  draft.add({ side: 'child', op: 'pivot-root', slot, how: how.enter });
  const wanted = rootPropagation(linux);
  if (wanted === undefined || how.enter === 'chroot') return;
  draft.add({
    side: 'child',
    op: 'mount-attributes',
    at: { root: slot, path: '' },
    set: 0,
    clear: 0,
    propagation: wanted.type,
    recursive: wanted.recursive,
  });
}
