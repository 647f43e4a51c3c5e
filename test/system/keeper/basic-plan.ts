import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LaunchPlan, PlanOp, StdioPlan } from '#sys/keeper/plan.ts';

/** A scratch folder with a root filesystem of busybox, removed at the end. */
export interface Scratch {
  readonly dir: string;
  readonly lower: string;
  /** A new run folder, with overlay folders of its own. */
  run(): { runDir: string; upper: string; work: string };
  [Symbol.dispose](): void;
}

const APPLETS = [
  'sh',
  'true',
  'false',
  'cat',
  'echo',
  'sleep',
  'id',
  'ls',
  'stty',
  'head',
  'seq',
  'dd',
  'yes',
  'tr',
  'wc',
  'kill',
  'mkdir',
  'touch',
  'chmod',
  'test',
  'printf',
  'readlink',
  'hostname',
  'mount',
  'tail',
  'ps',
  'env',
  'date',
  'trap',
];

export function makeScratch(): Scratch {
  const dir = mkdtempSync(join(tmpdir(), 'berth-keeper-'));
  const lower = join(dir, 'lower');
  for (const sub of ['bin', 'dev', 'proc', 'sys', 'etc', 'tmp']) mkdirSync(join(lower, sub), { recursive: true });
  copyFileSync('/bin/busybox', join(lower, 'bin', 'busybox'));
  for (const applet of APPLETS) symlinkSync('busybox', join(lower, 'bin', applet));
  let runs = 0;
  return {
    dir,
    lower,
    run() {
      const base = join(dir, `c${++runs}`);
      const paths = { runDir: join(base, 'run'), upper: join(base, 'upper'), work: join(base, 'work') };
      for (const path of Object.values(paths)) mkdirSync(path, { recursive: true });
      return paths;
    },
    [Symbol.dispose]() {
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const MOUNT_ATTR_NOSUID = 2;
const MOUNT_ATTR_NODEV = 4;
const MOUNT_ATTR_NOEXEC = 8;
const MS_PRIVATE = 1 << 18;
/** In a user namespace devices can not be made. */
const EPERM = 1;
export const ROOT = 0;

export interface BasicOptions {
  readonly argv: readonly string[];
  readonly env?: readonly string[];
  readonly mode?: LaunchPlan['mode'];
  readonly stdio?: StdioPlan;
  readonly log?: LaunchPlan['log'];
  readonly exit?: LaunchPlan['exit'];
  readonly namespaces?: Extract<PlanOp, { op: 'clone' }>['namespaces'];
  /** Ops put right before `gate`, before `exec`, after `clone` (parent), before `clone`, and at the end. */
  readonly beforeGate?: readonly PlanOp[];
  readonly beforePivot?: readonly PlanOp[];
  readonly beforeExec?: readonly PlanOp[];
  readonly before?: readonly PlanOp[];
  readonly parent?: readonly PlanOp[];
  readonly started?: readonly PlanOp[];
  readonly cleanup?: readonly PlanOp[];
  readonly name?: string;
  /** Instead of the usual mounts. */
  readonly filesystem?: readonly PlanOp[];
  readonly middle?: readonly PlanOp[];
  readonly cloneSide?: 'before' | 'middle';
  readonly rootHow?: 'pivot' | 'move';
  readonly cgroupSlot?: number;
}

/** A container as small as it can be: namespaces, overlay, proc, dev with a devpts when there is a terminal. */
export function basicPlan(
  paths: { runDir: string; upper: string; work: string },
  lower: string,
  o: BasicOptions,
): LaunchPlan {
  const stdio = o.stdio ?? { kind: 'pipes', stdin: 'closed', uid: 0, gid: 0 };
  return {
    mode: o.mode ?? 'supervise',
    runDir: paths.runDir,
    stdio,
    log: o.log ?? { driver: 'none' },
    exit: o.exit ?? { collect: [] },
    ops: [
      ...(o.before ?? []),
      ...(o.middle ?? []),
      {
        op: 'clone',
        side: o.cloneSide ?? 'before',
        namespaces: o.namespaces ?? ['mount', 'pid', 'network', 'ipc', 'uts'],
        ...(o.cgroupSlot === undefined ? {} : { cgroup: o.cgroupSlot }),
      },
      ...(o.parent ?? []),
      ...(o.filesystem ?? filesystemOps(paths, lower)),
      ...(stdio.kind === 'terminal' ? terminalOps() : []),
      ...(o.beforePivot ?? []),
      { op: 'pivot-root', side: 'child', slot: ROOT, how: o.rootHow ?? 'pivot' },
      ...(o.beforeGate ?? []),
      { op: 'gate', side: 'child' },
      ...(o.beforeExec ?? []),
      {
        op: 'exec',
        side: 'child',
        name: o.name ?? o.argv[0] ?? '',
        searchPath: '/bin',
        argv: o.argv,
        env: o.env ?? ['PATH=/bin'],
      },
      ...(o.started ?? []),
      ...(o.cleanup ?? []),
    ],
  };
}

function filesystemOps(paths: { runDir: string; upper: string; work: string }, lower: string): PlanOp[] {
  const child = { side: 'child' } as const;
  return [
    { ...child, op: 'mount-attributes', at: { path: '/' }, set: 0, clear: 0, propagation: MS_PRIVATE, recursive: true },
    {
      ...child,
      op: 'new-mount',
      slot: ROOT,
      fsType: 'overlay',
      options: [
        { key: 'lowerdir', value: lower },
        { key: 'upperdir', value: paths.upper },
        { key: 'workdir', value: paths.work },
        { key: 'volatile' },
      ],
      attrs: 0,
    },
    { ...child, op: 'attach', slot: ROOT, at: { path: paths.runDir } },
    {
      ...child,
      op: 'new-mount',
      slot: 1,
      fsType: 'proc',
      options: [],
      attrs: MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
    },
    { ...child, op: 'attach', slot: 1, at: { root: ROOT, path: 'proc' }, create: 'directory' },
    {
      ...child,
      op: 'new-mount',
      slot: 2,
      fsType: 'tmpfs',
      options: [{ key: 'mode', value: '755' }],
      attrs: MOUNT_ATTR_NOSUID,
    },
    { ...child, op: 'attach', slot: 2, at: { root: ROOT, path: '/dev' } },
    {
      ...child,
      op: 'mknod',
      at: { root: ROOT, path: '/dev/null' },
      type: 'char',
      mode: 0o666,
      major: 1,
      minor: 3,
      tolerate: [EPERM],
    },
    { ...child, op: 'symlink', at: { root: ROOT, path: '/dev/stdout' }, target: '/proc/self/fd/1' },
  ];
}

function terminalOps(): PlanOp[] {
  const child = { side: 'child' } as const;
  return [
    {
      ...child,
      op: 'new-mount',
      slot: 3,
      fsType: 'devpts',
      options: [{ key: 'newinstance' }, { key: 'ptmxmode', value: '0666' }, { key: 'mode', value: '0620' }],
      attrs: MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
    },
    { ...child, op: 'attach', slot: 3, at: { root: ROOT, path: '/dev/pts' }, create: 'directory' },
    {
      ...child,
      op: 'terminal',
      at: { root: ROOT, path: '/dev/pts/ptmx' },
      rows: 24,
      cols: 80,
      uid: 0,
      gid: 0,
      console: { root: ROOT, path: '/dev/console' },
    },
  ];
}
