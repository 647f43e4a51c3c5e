import { realpathSync } from 'node:fs';
import { BerthError } from '#base/errors.ts';
import type { HostConfig } from '#spec/docker-api/containers.ts';
import type { Mount } from '#spec/oci-runtime/config.ts';
import { type MountEntry, readMountInfo } from '#sys/mountinfo.ts';
import type { ContainerMount } from './mount-spec.ts';
import type { StartMount } from './start-mounts.ts';

/** Files of the container's own directory that stand in for those of its image. */
export interface EtcFiles {
  readonly hostname: string;
  readonly hosts: string;
  readonly resolvConf: string;
}

export interface MountInput {
  readonly host: HostConfig;
  readonly mounts: readonly StartMount[];
  readonly etc: EtcFiles;
  /** Host path of the init program, when the container gets one. */
  readonly initProgram: string | undefined;
  /** Where the shared memory of a joined IPC namespace is mounted from. */
  readonly sharedMemory: string | undefined;
}

const INIT_PATH = '/sbin/docker-init';

/** Kernel file systems every container has, as in Docker. */
function kernelMounts(host: HostConfig): Mount[] {
  const writable = host.Privileged ? 'rw' : 'ro';
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', writable] },
    {
      destination: '/sys/fs/cgroup',
      type: 'cgroup',
      source: 'cgroup',
      options: [writable, 'nosuid', 'noexec', 'nodev'],
    },
  ];
}

function ipcMounts({ host, sharedMemory }: MountInput): Mount[] {
  const bind = (source: string, destination: string): Mount => ({
    destination,
    type: 'bind',
    source,
    options: ['rbind', 'rprivate', 'nosuid', 'noexec', 'nodev'],
  });
  const mqueue: Mount = {
    destination: '/dev/mqueue',
    type: 'mqueue',
    source: 'mqueue',
    options: ['nosuid', 'noexec', 'nodev'],
  };
  // Message queues belong to the IPC namespace: a new mount shows those of the one that is joined.
  if (host.IpcMode === 'host') return [bind('/dev/shm', '/dev/shm'), mqueue];
  if (sharedMemory !== undefined) return [bind(sharedMemory, '/dev/shm'), mqueue];
  // As in Docker, `none` leaves /dev/shm out: POSIX shared memory is not available then.
  if (host.IpcMode === 'none') return [mqueue];
  return [
    {
      destination: '/dev/shm',
      type: 'tmpfs',
      source: 'shm',
      options: ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${host.ShmSize}`],
    },
    mqueue,
  ];
}

/** Puts words of user options over defaults: `exec` takes the place of `noexec`, `size=1m` that of `size=2m`. */
export function mergeTmpfsOptions(defaults: readonly string[], own: readonly string[]): string[] {
  const keyOf = (option: string) =>
    option
      .replace(/=.*/, '')
      .replace(/^no(?=exec|suid|dev|atime)/, '')
      .replace(/^ro$/, 'rw');
  const merged = new Map<string, string>();
  for (const option of [...defaults, ...own]) {
    const key = keyOf(option);
    merged.delete(key);
    merged.set(key, option);
  }
  return [...merged.values()];
}

const TMPFS_DEFAULTS = ['noexec', 'nosuid', 'nodev'];

function tmpfsMount(destination: string, options: readonly string[]): Mount {
  return { destination, type: 'tmpfs', source: 'tmpfs', options: mergeTmpfsOptions(TMPFS_DEFAULTS, options) };
}

function bindMount(mount: StartMount): Mount {
  const options = [mount.recursive ? 'rbind' : 'bind', ...(mount.driver?.options ?? [])];
  if (mount.readOnly) options.push(mount.recursiveReadOnly === 'no' || !mount.recursive ? 'ro' : 'rro');
  options.push(mount.propagation === '' ? 'rprivate' : mount.propagation);
  const source = mount.subpath === undefined ? mount.source : `${mount.source}/${mount.subpath}`;
  return { destination: mount.destination, type: 'bind', source, options, ...mount.mappings };
}

/** A file system that is mounted for this container alone. */
function driverMount({ destination, source, readOnly }: StartMount, type: string, options: readonly string[]): Mount {
  return { destination, type, source, options: [...options, ...(readOnly ? ['ro'] : [])] };
}

/** A mount as config.json has it. */
export function toOciMount(mount: StartMount): Mount {
  if (mount.driver !== undefined && mount.driver.type !== 'bind') {
    return driverMount(mount, mount.driver.type, mount.driver.options);
  }
  if (mount.type !== 'tmpfs') return bindMount(mount);
  return tmpfsMount(mount.destination, [...(mount.readOnly ? ['ro'] : []), ...mount.tmpfsOptions]);
}

/**
 * Every mount of a container, parents before children. Later ones of the same place win: the container's own over the
 * engine's files over the kernel's.
 */
export function planMounts(input: MountInput): Mount[] {
  const { host, etc, initProgram } = input;
  const readOnly = host.ReadonlyRootfs ? ['ro'] : [];
  const file = (source: string, destination: string, ...options: string[]): Mount => ({
    destination,
    type: 'bind',
    source,
    options: ['bind', 'rprivate', ...options],
  });
  const own = [
    ...input.mounts.map(toOciMount),
    ...Object.entries(host.Tmpfs ?? {}).map(([path, options]) =>
      tmpfsMount(path, options === '' ? [] : options.split(',')),
    ),
  ];
  const engine = [
    ...kernelMounts(host),
    ...ipcMounts(input),
    file(etc.resolvConf, '/etc/resolv.conf', ...readOnly),
    file(etc.hostname, '/etc/hostname', ...readOnly),
    file(etc.hosts, '/etc/hosts', ...readOnly),
    ...(initProgram === undefined ? [] : [file(initProgram, INIT_PATH, 'ro')]),
  ];
  const taken = new Set(own.map((mount) => mount.destination));
  // Who brings a /dev of his own, brings what lies in it, too.
  const isHidden = (place: string) => taken.has(place) || (taken.has('/dev') && place.startsWith('/dev/'));
  const all = [...engine.filter((mount) => !isHidden(mount.destination)), ...own];
  // Array.sort is stable: mounts of equal depth keep their order.
  return all.sort((a, b) => depth(a.destination) - depth(b.destination));
}

function depth(path: string): number {
  return path.split('/').filter((part) => part !== '').length;
}

/**
 * The propagation that the root needs so that the binds' own can work, and proof that shared and slave sources allow it.
 *
 * @returns undefined when no bind asks for more than private
 * @throws invalid with Docker's words when a source is on a private mount
 */
export function rootPropagation(
  mounts: readonly ContainerMount[],
  readTable: () => readonly MountEntry[] = readMountInfo,
): string | undefined {
  const asking = mounts.filter((mount) => mount.type === 'bind' && !mount.propagation.endsWith('private'));
  if (asking.length === 0) return undefined;
  const table = readTable();
  for (const mount of asking) {
    const path = realpathSync(mount.source);
    const holder = table.findLast(({ mountPoint }) => isBelow(path, mountPoint));
    const tags = holder?.propagation ?? [];
    const shared = tags.some((tag) => tag.startsWith('shared:'));
    const slave = shared || tags.some((tag) => tag.startsWith('master:'));
    const needsShared = mount.propagation.endsWith('shared');
    if (needsShared ? shared : slave) continue;
    throw new BerthError(
      'invalid',
      'mount.propagation',
      `path ${mount.source} is mounted on ${holder?.mountPoint ?? '/'} but it is not a ${needsShared ? 'shared' : 'shared or slave'} mount`,
    );
  }
  return asking.some((mount) => mount.propagation.endsWith('shared')) ? 'shared' : 'slave';
}

function isBelow(path: string, parent: string): boolean {
  return parent === '/' || path === parent || path.startsWith(`${parent}/`);
}
