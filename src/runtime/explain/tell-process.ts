import type { PlanOp, ProcessOp } from '#sys/keeper/plan.ts';
import { type Narration, nameOf } from './narration.ts';
import {
  capabilityWords,
  commandWords,
  ioPriorityWords,
  limitWord,
  memoryPolicyWords,
  modeWord,
  policyWord,
  rlimitWord,
} from './words.ts';

type Op = Extract<PlanOp, ProcessOp>;

/** Tells one op on the process itself. */
export function tellProcess(narration: Narration, op: Op): void {
  const say = (sentence: string): void => narration.tell('Process', op.side, sentence);
  const secure = (sentence: string): void => narration.tell('Security', op.side, sentence);
  switch (op.op) {
    case 'post':
    case 'wait':
      narration.plumbing += 1;
      return;
    case 'gate':
      say('wait for start');
      return;
    case 'run':
      say(runWords(op));
      return;
    case 'terminal':
      say(terminalWords(narration, op));
      return;
    case 'rlimit':
      say(`limit ${rlimitWord(op.resource)}: ${limitWord(op.soft)}, at most ${limitWord(op.hard)}`);
      return;
    case 'umask':
      say(`umask ${modeWord(op.mask)}`);
      return;
    case 'credentials':
      tellCredentials(narration, op);
      return;
    case 'no-new-privileges':
      secure('no new privileges by set-user-id programs');
      return;
    case 'seccomp':
      secure(seccompWords(narration, op));
      return;
    case 'chdir':
      say(`working directory ${op.path}`);
      return;
    case 'scheduler':
      say(`scheduler ${policyWord(op.policy)}, nice ${op.nice}, priority ${op.priority}${deadlineWords(op)}`);
      return;
    case 'io-priority':
      say(`I/O priority ${ioPriorityWords(op.value)}`);
      return;
    case 'cpu-affinity':
      say(op.cpus === 'all' ? 'on all CPUs of its control group' : `only on CPUs ${op.cpus.join(', ')}`);
      return;
    case 'send-pidfd':
      say(`send a pidfd of the process to ${op.path}`);
      return;
    case 'memory-policy':
      say(
        `memory policy ${memoryPolicyWords(op.mode)}${op.nodes.length === 0 ? '' : `, nodes ${op.nodes.join(', ')}`}`,
      );
      return;
    case 'personality':
      say(`personality ${op.persona === 0 ? 'LINUX' : `0x${op.persona.toString(16)}`}`);
      return;
    case 'session-keyring':
      secure(`new session keyring ${op.name}`);
      return;
    case 'find-program':
      say(`find ${op.name} in ${op.searchPath}`);
      return;
    case 'exec':
      say(`environment: ${op.env.length === 0 ? 'empty' : op.env.map((entry) => entry.split('=')[0]).join(', ')}`);
      say(`run ${commandWords(op.argv)}`);
      return;
    case 'home':
      say(`HOME from /etc/passwd for user ${op.uid}, unless the environment has it`);
      return;
    case 'kill-cgroup':
      narration.tell('Control groups', op.side, `kill every process in ${op.killFile ?? op.procs.join(', ')}`);
      return;
    default:
      op satisfies never;
  }
}

function runWords(op: Extract<Op, { op: 'run' }>): string {
  const limit = op.timeoutMs === undefined ? '' : `, within ${op.timeoutMs / 1000} s`;
  const what = op.about === undefined ? 'program' : op.about;
  return `run the ${what} ${op.path ?? op.argv[0] ?? ''}${limit}`;
}

function terminalWords(narration: Narration, op: Extract<Op, { op: 'terminal' }>): string {
  const size = op.rows === 0 && op.cols === 0 ? '' : `, ${op.cols} by ${op.rows} characters`;
  const console = op.console === undefined ? '' : `, also as ${nameOf(narration, op.console)}`;
  return `terminal from ${nameOf(narration, op.at)}, owner ${op.uid}${size}${console}`;
}

function tellCredentials(narration: Narration, op: Extract<Op, { op: 'credentials' }>): void {
  const about = op.about === undefined ? '' : ` (${op.about})`;
  if (op.uid !== undefined || op.gid !== undefined) {
    const groups = op.groups === undefined || op.groups.length === 0 ? '' : `, groups ${op.groups.join(', ')}`;
    narration.tell(
      'Security',
      op.side,
      `user ${op.uid ?? 'unchanged'}, group ${op.gid ?? 'unchanged'}${groups}${about}`,
    );
  }
  if (op.capabilities === undefined) return;
  const { effective, permitted, bounding, inheritable, ambient } = op.capabilities;
  narration.tell('Security', op.side, `capabilities: ${capabilityWords(effective)}${about}`);
  for (const [name, set] of Object.entries({ permitted, bounding })) {
    if (set !== effective) narration.tell('Security', op.side, `capabilities, ${name} set: ${capabilityWords(set)}`);
  }
  for (const [name, set] of Object.entries({ inheritable, ambient })) {
    if (set !== 0n) narration.tell('Security', op.side, `capabilities, ${name} set: ${capabilityWords(set)}`);
  }
}

function seccompWords(narration: Narration, op: Extract<Op, { op: 'seccomp' }>): string {
  const flags = op.flags === 0 ? '' : `, flags 0x${op.flags.toString(16)}`;
  const agent =
    op.listener === undefined ? '' : `, decisions by the agent at ${narration.story(op.listener.socket).what}`;
  return `system call filter of ${op.filter.length / 8} instructions${flags}${agent}`;
}

function deadlineWords(op: Extract<Op, { op: 'scheduler' }>): string {
  if (op.periodNs === 0n && op.runtimeNs === 0n) return '';
  return `, ${op.runtimeNs} ns of every ${op.periodNs} ns, done within ${op.deadlineNs} ns`;
}
