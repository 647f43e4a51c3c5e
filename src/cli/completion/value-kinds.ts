/** What the values of flags and arguments are, where something better than nothing can be offered. Data, and two look-ups in it. */

import type { CommandRow } from '../command-row.ts';
import type { FlagSpec } from '../flag.ts';

/** Names to ask the engine for, places that the shell knows, or a fixed list. */
export type ValueKind =
  | 'container'
  | 'running container'
  | 'paused container'
  | 'stopped container'
  | 'image'
  | 'network'
  | 'volume'
  | 'context'
  | 'file'
  | 'directory'
  | readonly string[];

const CAPABILITIES = [
  ...['ALL', 'AUDIT_CONTROL', 'AUDIT_READ', 'BPF', 'CHECKPOINT_RESTORE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID'],
  ...['IPC_LOCK', 'IPC_OWNER', 'KILL', 'MKNOD', 'NET_ADMIN', 'NET_BIND_SERVICE', 'NET_RAW', 'PERFMON', 'SETFCAP'],
  ...['SETGID', 'SETPCAP', 'SETUID', 'SYSLOG', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_CHROOT', 'SYS_MODULE', 'SYS_NICE'],
  ...['SYS_PTRACE', 'SYS_RAWIO', 'SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'WAKE_ALARM'],
];
const SIGNALS = ['HUP', 'INT', 'QUIT', 'KILL', 'USR1', 'USR2', 'TERM', 'CONT', 'STOP', 'WINCH'].map(
  (name) => `SIG${name}`,
);

/** By a flag's name, whatever its command. */
const FLAG_VALUES: Readonly<Record<string, ValueKind>> = {
  'cap-add': CAPABILITIES,
  'cap-drop': CAPABILITIES,
  cidfile: 'file',
  config: 'directory',
  context: 'context',
  'env-file': 'file',
  'health-on-failure': ['none', 'kill', 'stop', 'restart'],
  input: 'file',
  ipc: ['none', 'private', 'shareable', 'host'],
  'label-file': 'file',
  'log-driver': ['json-file', 'local', 'none', 'syslog', 'journald'],
  'log-level': ['debug', 'info', 'warn', 'error', 'fatal'],
  network: 'network',
  output: 'file',
  pid: ['host'],
  platform: ['linux/amd64', 'linux/arm64'],
  pull: ['always', 'missing', 'never'],
  restart: ['no', 'on-failure', 'always', 'unless-stopped'],
  root: 'directory',
  runtime: ['berth-runtime', 'crun', 'runc'],
  'security-opt': ['apparmor=', 'no-new-privileges', 'seccomp=', 'label='],
  signal: SIGNALS,
  'stop-signal': SIGNALS,
  tlscacert: 'file',
  tlscert: 'file',
  tlskey: 'file',
  type: ['container', 'image', 'network', 'volume'],
  uts: ['host'],
  'volumes-from': 'container',
};

/** Of these each argument is of the last kind given. */
const MANY = '…';

/** By a command's id: the kinds of its arguments in order. */
const ARGUMENTS: Readonly<Record<string, readonly (ValueKind | typeof MANY)[]>> = {
  attach: ['running container'],
  commit: ['container', 'image'],
  completion: [['bash', 'fish', 'zsh']],
  'container inspect': ['container', MANY],
  'context inspect': ['context', MANY],
  'context rm': ['context', MANY],
  'context use': ['context'],
  create: ['image'],
  diff: ['container'],
  exec: ['running container'],
  export: ['container'],
  history: ['image'],
  'image inspect': ['image', MANY],
  import: ['file'],
  inspect: ['container', MANY],
  kill: ['running container', MANY],
  logs: ['container'],
  'network connect': ['network', 'container'],
  'network disconnect': ['network', 'container'],
  'network inspect': ['network', MANY],
  'network rm': ['network', MANY],
  pause: ['running container', MANY],
  port: ['running container'],
  push: ['image'],
  rename: ['container'],
  restart: ['container', MANY],
  rm: ['container', MANY],
  rmi: ['image', MANY],
  run: ['image'],
  save: ['image', MANY],
  start: ['stopped container', MANY],
  stats: ['running container', MANY],
  stop: ['running container', MANY],
  tag: ['image', 'image'],
  top: ['running container'],
  unpause: ['paused container', MANY],
  update: ['container', MANY],
  'volume clone': ['volume'],
  'volume export': ['volume'],
  'volume import': ['volume', 'file'],
  'volume inspect': ['volume', MANY],
  'volume rename': ['volume'],
  'volume rm': ['volume', MANY],
  wait: ['container', MANY],
};

/** @param row the command; `undefined` for the options before it */
export function flagValueKind(row: CommandRow | undefined, flag: FlagSpec): ValueKind | undefined {
  // `--output` of some commands is no file, and `--type` has values of its own in others.
  if (flag.name === 'type' && row?.names[0] !== 'inspect') return undefined;
  return FLAG_VALUES[flag.name];
}

/** @param position how many arguments stand before it */
export function argumentKind(row: CommandRow, position: number): ValueKind | undefined {
  const kinds = ARGUMENTS[row.names[0]] ?? [];
  const kind = kinds[position] ?? (kinds.at(-1) === MANY ? MANY : undefined);
  if (kind !== MANY) return kind;
  const last = kinds.at(-2);
  return last === MANY ? undefined : last;
}
