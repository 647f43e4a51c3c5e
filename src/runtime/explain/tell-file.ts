import type { FileOp, PlanOp } from '#sys/keeper/plan.ts';
import { type Narration, nameOf, type Topic } from './narration.ts';
import { dataWords, modeWord } from './words.ts';

type Op = Extract<PlanOp, FileOp>;

const NAMES: ReadonlySet<string> = new Set<FileOp['op']>([
  'mkdir',
  'write',
  'open',
  'open-child',
  'open-process',
  'connect',
  'close',
  'symlink',
  'mknod',
  'own',
  'unlink',
  'rmdir',
  'remove-tree',
]);

export function isFileOp(op: PlanOp): op is Op {
  return NAMES.has(op.op);
}

/** Tells one op on files. */
export function tellFile(narration: Narration, op: Op): void {
  const say = (sentence: string): void =>
    narration.tell(
      topicOf(narration, op),
      op.side,
      op.about === undefined || op.about === 'control group' ? sentence : `${sentence} (${op.about})`,
    );
  switch (op.op) {
    case 'mkdir':
      say(`make the directory ${nameOf(narration, op.at)}, mode ${modeWord(op.mode)}${ownerWords(op)}`);
      return;
    case 'write':
      say(`write ${dataWords(op.data)} to ${nameOf(narration, op.at)}`);
      return;
    case 'open':
      narration.fill(op.slot, op.about ?? nameOf(narration, op.at), false);
      say(`open ${nameOf(narration, op.at)}`);
      return;
    case 'open-child':
      narration.fill(op.slot, `/proc/PID/${op.path} of the process`, false);
      say(`open /proc/PID/${op.path} of the process`);
      return;
    case 'open-process':
      narration.fill(op.slot, `process ${op.pid}`, false);
      say(`take hold of process ${op.pid}`);
      return;
    case 'connect':
      narration.fill(op.slot, op.path, false);
      say(`connect to ${op.path}`);
      return;
    case 'close':
      narration.plumbing += 1;
      return;
    case 'symlink':
      say(`make the link ${nameOf(narration, op.at)} to ${op.target}`);
      return;
    case 'mknod':
      say(`make the ${deviceWords(op)} ${nameOf(narration, op.at)}, mode ${modeWord(op.mode)}${ownerWords(op)}`);
      return;
    case 'own':
      say(`give ${nameOf(narration, op.at)} to ${op.uid}:${op.gid}`);
      return;
    case 'unlink':
      say(`remove ${nameOf(narration, op.at)}`);
      return;
    case 'rmdir':
      say(`remove the directory ${nameOf(narration, op.at)}`);
      return;
    case 'remove-tree':
      say(`remove ${op.keepTop === true ? 'everything in' : ''} ${nameOf(narration, op.at)}`.replace('  ', ' '));
      return;
    default:
      op satisfies never;
  }
}

function ownerWords({ uid = 0, gid = 0 }: { readonly uid?: number; readonly gid?: number }): string {
  return uid === 0 && gid === 0 ? '' : `, owner ${uid}:${gid}`;
}

function deviceWords(op: Extract<Op, { op: 'mknod' }>): string {
  return op.type === 'fifo' ? 'fifo' : `${op.type === 'char' ? 'character' : 'block'} device ${op.major}:${op.minor}`;
}

/** What a file is about shows in its name. */
function topicOf(narration: Narration, op: Op): Topic {
  if (op.op === 'connect') return 'Security';
  if (op.op === 'open-process') return 'Namespaces';
  if (!('at' in op)) return 'Process';
  const name = op.at.root === undefined || op.at.path === '' ? nameOf(narration, op.at) : '';
  const about = op.about ?? '';
  if (name.startsWith('/sys/fs/cgroup') || about.includes('control group')) return 'Control groups';
  if (about.endsWith(' namespace')) return 'Namespaces';
  if (about === 'security label') return 'Security';
  if (name.startsWith('/proc/sys/net/')) return 'Network';
  if (name.startsWith('/proc/')) return 'Process';
  return 'Filesystem';
}
