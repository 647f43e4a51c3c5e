import type { Flag } from './arguments.ts';

/** A command of `berth-runtime`: names and flags only, its code is loaded when it runs. */
export interface CommandEntry {
  readonly about: string;
  /** What follows the flags, for the help text. */
  readonly usage: string;
  readonly flags: readonly Flag[];
  /** Fewest and most arguments. */
  readonly arguments: readonly [number, number];
  /** Arguments end the flags: what follows belongs to another program. */
  readonly passThrough?: boolean;
}

const boolean = (name: string, about: string, short?: string): Flag => flagOf(name, 'boolean', about, short);
const string = (name: string, about: string, short?: string): Flag => flagOf(name, 'string', about, short);
const integer = (name: string, about: string): Flag => flagOf(name, 'integer', about);
const list = (name: string, about: string, short?: string): Flag => flagOf(name, 'list', about, short);

function flagOf(name: string, kind: Flag['kind'], about: string, short?: string): Flag {
  return { name, kind, about, ...(short === undefined ? {} : { short }) };
}

export const GLOBAL_FLAGS: readonly Flag[] = [
  boolean('debug', 'log what is done'),
  string('log', 'file for log messages (default: standard error)'),
  string('log-format', "format of the log: 'text' (default) or 'json'"),
  string('root', 'directory for the state of containers'),
  boolean('systemd-cgroup', 'let systemd make the control groups (refused: Berth makes them itself)'),
  string('cgroup-manager', "'cgroupfs' (default) or 'disabled'; 'systemd' is refused"),
  { ...string('rootless', "run without privileges: 'true', 'false' or 'auto'"), implied: 'true' },
  string('criu', 'accepted for compatibility, without effect'),
  boolean('help', 'show help', 'h'),
  boolean('version', 'show the version', 'v'),
];

const START_FLAGS: readonly Flag[] = [
  string('bundle', 'bundle directory (default: the working directory)', 'b'),
  string('config', "configuration instead of the bundle's config.json", 'f'),
  string('console-socket', 'unix socket that gets the terminal'),
  string('pidfd-socket', 'unix socket that gets a pidfd of the process'),
  string('pid-file', 'file for the process id'),
  boolean('no-pivot', 'MS_MOVE and chroot instead of pivot_root'),
  boolean('no-new-keyring', "keep the starter's session keyring"),
  integer('preserve-fds', 'number of extra file descriptors for the process'),
];

const ID: readonly [number, number] = [1, 1];

export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  create: { about: 'create a container', usage: '<container-id>', flags: START_FLAGS, arguments: ID },
  run: {
    about: 'create and start a container',
    usage: '<container-id>',
    flags: [
      ...START_FLAGS,
      boolean('detach', 'do not wait for the process', 'd'),
      boolean('keep', 'do not delete the container after the process ended'),
      boolean('no-subreaper', 'accepted for compatibility, without effect'),
    ],
    arguments: ID,
  },
  start: { about: 'start a created container', usage: '<container-id>', flags: [], arguments: ID },
  state: { about: 'print the state of a container', usage: '<container-id>', flags: [], arguments: ID },
  kill: {
    about: 'send a signal to a container (default: SIGTERM)',
    usage: '<container-id> [signal]',
    flags: [boolean('all', 'to all its processes', 'a')],
    arguments: [1, 2],
  },
  delete: {
    about: 'delete a container',
    usage: '<container-id>',
    flags: [boolean('force', 'kill it first if it runs; no error if there is none', 'f')],
    arguments: ID,
  },
  exec: {
    about: 'run a further process in a container',
    usage: '<container-id> <command> [arguments]',
    flags: [
      string('process', 'file with the process document', 'p'),
      boolean('detach', 'do not wait for the process', 'd'),
      string('pid-file', 'file for the process id'),
      string('console-socket', 'unix socket that gets the terminal'),
      string('pidfd-socket', 'unix socket that gets a pidfd of the process'),
      boolean('tty', 'allocate a terminal', 't'),
      list('env', 'environment variable NAME=VALUE', 'e'),
      string('cwd', 'working directory'),
      string('user', 'user as UID[:GID]', 'u'),
      list('additional-gids', 'additional group id', 'g'),
      list('cap', 'additional capability', 'c'),
      integer('preserve-fds', 'number of extra file descriptors for the process'),
      string('apparmor', 'AppArmor profile'),
      string('process-label', 'SELinux label'),
      boolean('no-new-privs', 'set no_new_privs'),
      list('cgroup', 'run in this control group below the container’s'),
      boolean('ignore-paused', 'also when the container is paused'),
      boolean('no-subreaper', 'accepted for compatibility, without effect'),
    ],
    arguments: [1, Number.POSITIVE_INFINITY],
    passThrough: true,
  },
  ps: {
    about: 'list the processes of a container',
    usage: '<container-id> [ps options]',
    flags: [string('format', "'table' (default) or 'json'", 'f')],
    arguments: [1, Number.POSITIVE_INFINITY],
    passThrough: true,
  },
  list: {
    about: 'list containers',
    usage: '',
    flags: [string('format', "'table' (default) or 'json'", 'f'), boolean('quiet', 'only ids', 'q')],
    arguments: [0, 0],
  },
  pause: { about: 'pause a container', usage: '<container-id>', flags: [], arguments: ID },
  resume: { about: 'resume a paused container', usage: '<container-id>', flags: [], arguments: ID },
  update: {
    about: 'change resource limits',
    usage: '<container-id>',
    flags: [
      string('resources', 'file with a resources document, - for standard input', 'r'),
      integer('blkio-weight', 'block I/O weight, 10 to 1000'),
      integer('cpu-period', 'CFS period in microseconds'),
      integer('cpu-quota', 'CFS quota in microseconds, -1 for none'),
      integer('cpu-burst', 'CFS burst in microseconds'),
      integer('cpu-share', 'relative CPU weight'),
      integer('cpu-rt-period', 'real-time period in microseconds'),
      integer('cpu-rt-runtime', 'real-time runtime in microseconds'),
      integer('cpu-idle', '1: SCHED_IDLE for the whole group'),
      string('cpuset-cpus', 'CPUs, for example 0-2,7'),
      string('cpuset-mems', 'memory nodes'),
      string('kernel-memory', 'kernel memory limit in bytes'),
      string('kernel-memory-tcp', 'kernel TCP buffer limit in bytes'),
      string('memory', 'memory limit in bytes'),
      string('memory-reservation', 'memory reservation in bytes'),
      string('memory-swap', 'limit of memory and swap in bytes, -1 for none'),
      integer('pids-limit', 'number of processes'),
      string('l3-cache-schema', 'refused: Intel RDT is not supported'),
      string('mem-bw-schema', 'refused: Intel RDT is not supported'),
    ],
    arguments: ID,
  },
  events: {
    about: 'print statistics and out-of-memory events',
    usage: '<container-id>',
    flags: [string('interval', 'time between statistics, for example 5s'), boolean('stats', 'print them once')],
    arguments: ID,
  },
  spec: {
    about: 'write a config.json to start from',
    usage: '',
    flags: [string('bundle', 'directory to write it to', 'b'), boolean('rootless', 'for a user without privileges')],
    arguments: [0, 0],
  },
  features: { about: 'print what this runtime can do', usage: '', flags: [], arguments: [0, 0] },
};

/** Commands of other runtimes that Berth does not have. */
export const REFUSED: Readonly<Record<string, string>> = {
  checkpoint: 'checkpointing is not supported',
  restore: 'restoring from a checkpoint is not supported',
};
