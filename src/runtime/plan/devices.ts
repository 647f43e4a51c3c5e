import { BerthError } from '#base/errors.ts';
import type { LinuxDevice, Mount, OciConfig } from '#spec/oci-runtime/config.ts';
import { MOUNT_ATTR } from './linux-numbers.ts';
import type { MountContext } from './mounts.ts';

/** Devices that every container has (config-linux.md, "Default Devices"); /dev/console and /dev/ptmx come separately. */
const DEFAULT_DEVICES: readonly LinuxDevice[] = [
  { path: '/dev/null', type: 'c', major: 1, minor: 3 },
  { path: '/dev/zero', type: 'c', major: 1, minor: 5 },
  { path: '/dev/full', type: 'c', major: 1, minor: 7 },
  { path: '/dev/random', type: 'c', major: 1, minor: 8 },
  { path: '/dev/urandom', type: 'c', major: 1, minor: 9 },
  { path: '/dev/tty', type: 'c', major: 5, minor: 0 },
];

/** runtime-linux.md, "Dev symbolic links"; /dev/core as other runtimes have it. */
const LINKS: readonly (readonly [string, string])[] = [
  ['/dev/fd', '/proc/self/fd'],
  ['/dev/stdin', '/proc/self/fd/0'],
  ['/dev/stdout', '/proc/self/fd/1'],
  ['/dev/stderr', '/proc/self/fd/2'],
  ['/dev/core', '/proc/kcore'],
  ['/dev/ptmx', 'pts/ptmx'],
];

const MODE_BITS = 0o7777;

/**
 * Device nodes and links of /dev, unless the configuration binds a /dev of its own. Where nodes can not be made (inside a
 * user namespace) the host's are bound.
 */
export function planDevices(context: MountContext, config: OciConfig): void {
  if ((config.mounts ?? []).some(bindsDev)) return;
  const extra = (context.linux.devices ?? []).map((device) => ({ ...device, path: device.path.replace(/\/+$/, '') }));
  const replaced = new Set(extra.map(({ path }) => path));
  const devices = [...DEFAULT_DEVICES.filter(({ path }) => !replaced.has(path)), ...extra];
  const bind = context.namespaces.foreignUser || !context.options.facts.initialUserNamespace;
  for (const device of devices) {
    if (bind) bindDevice(context, device);
    else makeDevice(context, device);
  }
  for (const [path, target] of LINKS) {
    context.draft.add({
      side: 'child',
      op: 'symlink',
      at: { root: context.root, path },
      target,
      existOk: true,
    });
  }
}

function bindsDev(mount: Mount): boolean {
  const isBind =
    mount.type === 'bind' || (mount.options ?? []).some((option) => option === 'bind' || option === 'rbind');
  return isBind && /^\/*dev\/*$/.test(mount.destination);
}

function makeDevice(context: MountContext, device: LinuxDevice): void {
  const at = { root: context.root, path: device.path };
  const common = { mode: (device.fileMode ?? 0o666) & MODE_BITS, uid: device.uid ?? 0, gid: device.gid ?? 0 };
  const parent = device.path.slice(0, device.path.lastIndexOf('/'));
  if (parent !== '' && parent !== '/dev') {
    context.draft.add({
      side: 'child',
      op: 'mkdir',
      at: { root: context.root, path: parent },
      mode: 0o755,
      parents: true,
      existOk: true,
    });
  }
  const { type, major, minor } = device;
  if (type === 'p') {
    context.draft.add({ side: 'child', op: 'mknod', at, type: 'fifo', major: 0, minor: 0, ...common, existOk: true });
    return;
  }
  if (major === undefined || minor === undefined) {
    throw new BerthError(
      'invalid',
      'oci-config.invalid',
      `config.json: linux.devices: ${device.path}: major and minor are required`,
    );
  }
  const kind = type === 'b' ? 'block' : 'char';
  context.draft.add({ side: 'child', op: 'mknod', at, type: kind, major, minor, ...common, existOk: true });
}

function bindDevice(context: MountContext, device: LinuxDevice): void {
  if (device.type === 'p') {
    makeDevice(context, device);
    return;
  }
  const slot = context.draft.takeSlot('child');
  context.draft.add(
    { side: 'child', op: 'clone-mount', slot, at: { path: device.path }, recursive: false, about: 'host device' },
    {
      side: 'child',
      op: 'mount-attributes',
      at: { root: slot, path: '' },
      set: MOUNT_ATTR.NOSUID | MOUNT_ATTR.NOEXEC,
      clear: 0,
      recursive: false,
    },
    { side: 'child', op: 'attach', slot, at: { root: context.root, path: device.path }, create: 'file' },
  );
  context.draft.closeSlot(slot);
}
