import { BerthError } from '#base/errors.ts';
import type { Mount } from '#spec/oci-runtime/config.ts';
import { type CgroupHost, groupDir, type Hierarchy } from '#sys/cgroup/host.ts';
import type { Place } from '#sys/keeper/plan.ts';
import { MOUNT_ATTR } from './linux-numbers.ts';
import type { MountOptions } from './mount-options.ts';
import type { MountContext } from './mounts.ts';
import { hasNamespace } from './namespaces.ts';

/**
 * A mount of type `cgroup`: what the host uses, whichever version (config-linux.md, "Control groups").
 *
 * v1: a tmpfs with one directory per hierarchy that shows the container's own group. A bind of the group looks the same as
 * a mount made inside a cgroup namespace, for the container and for its /proc/self/cgroup.
 * v2: a new mount, which starts at the cgroup namespace's root. Made in the host's own namespace it would take away the options
 * that the host gave the tree (nsdelegate, memory_recursiveprot), for everybody: there it is a bind of the host's.
 */
export function planCgroupMount(context: MountContext, mount: Mount, options: MountOptions): void {
  const host = context.options.facts.cgroups;
  if (host === undefined) {
    throw new BerthError(
      'unsupported',
      'cgroup.not-mounted',
      `cannot mount ${mount.destination}: no control groups are mounted`,
    );
  }
  if (host.version === 2) mountUnified(context, mount, options, host);
  else mountHierarchies(context, mount, options, host);
}

function mountUnified(context: MountContext, mount: Mount, options: MountOptions, host: CgroupHost): void {
  const { draft, root } = context;
  const at = { root, path: mount.destination };
  const slot = draft.takeSlot('child');
  const attrs = options.attributes.set;
  const unified = host.unified;
  if (hasNamespace(context.namespaces, 'cgroup') || unified === undefined) {
    draft.add({ side: 'child', op: 'new-mount', slot, fsType: 'cgroup2', options: [], attrs });
  } else {
    // The kernel lets no user namespace have a tree that belongs to the host: show the container's part of it.
    const path = context.namespaces.foreignUser ? groupOf(context, unified) : unified.mountPoint;
    draft.add({ side: 'child', op: 'clone-mount', slot, at: { path }, recursive: false }, setAttributes(slot, attrs));
  }
  draft.add({ side: 'child', op: 'attach', slot, at, create: 'directory' });
  draft.closeSlot(slot);
}

function mountHierarchies(context: MountContext, mount: Mount, options: MountOptions, host: CgroupHost): void {
  const { draft, root } = context;
  const at = { root, path: mount.destination };
  const readOnly = (options.attributes.set & MOUNT_ATTR.RDONLY) !== 0;
  const attrs = options.attributes.set & ~MOUNT_ATTR.RDONLY;
  const slot = draft.takeSlot('child');
  draft.add(
    { side: 'child', op: 'new-mount', slot, fsType: 'tmpfs', options: [{ key: 'mode', value: '755' }], attrs },
    { side: 'child', op: 'attach', slot, at, create: 'directory' },
  );
  // The tmpfs is this plan's own: inside it nothing can lead elsewhere.
  for (const hierarchy of host.hierarchies.filter((each) => isJoined(context, each))) {
    attachHierarchy(context, hierarchy, slot, options.attributes.set);
  }
  if (readOnly) draft.add(setAttributes(slot, MOUNT_ATTR.RDONLY));
  draft.closeSlot(slot);
}

function attachHierarchy(context: MountContext, hierarchy: Hierarchy, tmpfs: number, attrs: number): void {
  const { draft } = context;
  const name = hierarchy.mountPoint.slice(hierarchy.mountPoint.lastIndexOf('/') + 1);
  const source: Place = { path: groupOf(context, hierarchy) };
  const slot = draft.takeSlot('child');
  draft.add({ side: 'child', op: 'clone-mount', slot, at: source, recursive: false });
  if (attrs !== 0) draft.add(setAttributes(slot, attrs));
  draft.add({ side: 'child', op: 'attach', slot, at: { root: tmpfs, path: name }, create: 'directory' });
  draft.closeSlot(slot);
  for (const controller of name.includes(',') ? name.split(',') : []) {
    draft.add({ side: 'child', op: 'symlink', at: { root: tmpfs, path: controller }, target: name });
  }
}

/** A hierarchy in which the container has no group of its own is not its business. */
function isJoined(context: MountContext, hierarchy: Hierarchy): boolean {
  return context.options.cgroup?.tasks.includes(`${groupOf(context, hierarchy)}/tasks`) ?? true;
}

function groupOf(context: MountContext, hierarchy: Hierarchy): string {
  return groupDir(hierarchy, context.options.cgroup?.path ?? '');
}

function setAttributes(slot: number, set: number) {
  return {
    side: 'child',
    op: 'mount-attributes',
    at: { root: slot, path: '' },
    set,
    clear: 0,
    recursive: false,
  } as const;
}
