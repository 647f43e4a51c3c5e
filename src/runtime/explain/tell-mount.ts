import type { MountOp, PlanOp } from '#sys/keeper/plan.ts';
import { type Narration, nameOf, ROOT, withDetails } from './narration.ts';
import { attributeWords, fsOptionWords, propagationWord, rangeWords } from './words.ts';

type Op = Extract<PlanOp, MountOp>;

const NAMES: ReadonlySet<string> = new Set<MountOp['op']>([
  'new-mount',
  'clone-mount',
  'mount-attributes',
  'attach',
  'unmount',
  'remount',
  'mask',
  'read-only',
  'copy-up',
  'fill-volume',
  'map-namespace',
  'pivot-root',
]);

export function isMountOp(op: PlanOp): op is Op {
  return NAMES.has(op.op);
}

/** Tells one op on mounts. What is done to a mount that hangs nowhere yet is told when it is attached. */
export function tellMount(narration: Narration, op: Op): void {
  const say = (sentence: string): void => narration.tell('Filesystem', op.side, sentence);
  switch (op.op) {
    case 'new-mount':
      narration.fill(op.slot, newMountName(op), true, [
        ...attributeWords(op.attrs, 0),
        ...fsOptionWords(op.options.filter(({ key }) => key !== 'source')),
      ]);
      return;
    case 'clone-mount':
      narration.fill(op.slot, `bind of ${nameOf(narration, op.at)}`, true, op.recursive ? ['with all below it'] : []);
      return;
    case 'mount-attributes':
      tellAttributes(narration, op);
      return;
    case 'attach':
      tellAttach(narration, op);
      return;
    case 'unmount':
      say(`unmount ${nameOf(narration, op.at)}`);
      return;
    case 'remount':
      say(`reconfigure ${nameOf(narration, op.at)}: ${fsOptionWords(op.options).join(', ')}`);
      return;
    case 'mask':
      say(`hide ${nameOf(narration, op.at)}`);
      return;
    case 'read-only':
      say(`make ${nameOf(narration, op.at)} read-only with all below it`);
      return;
    case 'copy-up':
    case 'fill-volume':
      narration.story(op.slot).details.push(`filled with what the image has at ${nameOf(narration, op.from)}`);
      return;
    case 'map-namespace':
      narration.fill(op.slot, 'id map', false);
      narration.tell('Id maps', op.side, `for a mount: user ${rangeWords(op.uid)}; group ${rangeWords(op.gid)}`);
      return;
    case 'pivot-root': {
      const { what } = narration.story(op.slot);
      const how = { pivot: 'pivot_root', move: 'a moved mount and chroot', chroot: 'chroot' }[op.how];
      say(`make ${what === ROOT ? ROOT : what} the root, by ${how}`);
      return;
    }
    default:
      op satisfies never;
  }
}

function newMountName(op: Extract<Op, { op: 'new-mount' }>): string {
  const source = op.options.find(({ key }) => key === 'source')?.value;
  return source === undefined || source === op.fsType || source === '' ? op.fsType : `${op.fsType} ${source}`;
}

function tellAttributes(narration: Narration, op: Extract<Op, { op: 'mount-attributes' }>): void {
  const words = attributeWords(op.set, op.clear);
  if (op.propagation !== undefined) words.push(`propagation ${propagationWord(op.propagation)}`);
  if (op.userns !== undefined) words.push('with ids mapped');
  if (op.recursive) words.push('with all below it');
  const story = op.at.root !== undefined && op.at.path === '' ? narration.story(op.at.root) : undefined;
  if (story?.pending === true) {
    story.details.push(words.join(' '));
    return;
  }
  const about = op.about === undefined ? '' : ` (${op.about})`;
  narration.tell('Filesystem', op.side, `set ${nameOf(narration, op.at)}: ${words.join(', ')}${about}`);
}

function tellAttach(narration: Narration, op: Extract<Op, { op: 'attach' }>): void {
  const story = narration.story(op.slot);
  const isRoot = op.at.root === undefined && op.about === 'root file system';
  const sentence = isRoot
    ? `root file system: ${withDetails(story)}`
    : `mount ${story.what} at ${nameOf(narration, op.at)}${story.details.length === 0 ? '' : ` (${story.details.join('; ')})`}`;
  narration.tell('Filesystem', op.side, sentence);
  narration.fill(op.slot, isRoot ? ROOT : story.what, false);
}
