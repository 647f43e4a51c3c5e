import type { LaunchPlan, PlanOp } from '#sys/keeper/plan.ts';
import { Narration, TOPICS } from './narration.ts';
import { isFileOp, tellFile } from './tell-file.ts';
import { isMountOp, tellMount } from './tell-mount.ts';
import { isNamespaceOp, tellNamespace } from './tell-namespace.ts';
import { tellProcess } from './tell-process.ts';
import { commandWords } from './words.ts';

/**
 * A launch plan in plain words: what will be done, in order, grouped by what it is about. Every op of the plan is told,
 * alone or together with the one that it prepares.
 *
 * @returns several lines, each ended
 */
export function explain(plan: LaunchPlan): string {
  const narration = new Narration();
  tellSupervision(narration, plan);
  for (const op of plan.ops) tell(narration, op);
  narration.finish();
  if (narration.plumbing > 0) {
    narration.tell('Process', 'child', `${narration.plumbing} more steps that order the others and close descriptors`);
  }
  const parts = TOPICS.flatMap((topic) => {
    const lines = narration.lines(topic);
    return lines.length === 0 ? [] : [`${topic}\n${lines.map((line) => `  ${line}\n`).join('')}`];
  });
  return parts.join('\n');
}

function tell(narration: Narration, op: PlanOp): void {
  if (isFileOp(op)) tellFile(narration, op);
  else if (isMountOp(op)) tellMount(narration, op);
  else if (isNamespaceOp(op)) tellNamespace(narration, op);
  else tellProcess(narration, op);
}

function tellSupervision(narration: Narration, plan: LaunchPlan): void {
  const say = (sentence: string): void => narration.tell('Process', 'before', sentence);
  const kept = {
    supervise: 'a keeper stays as its parent, serves attaching clients and records its exit',
    handoff: 'the keeper leaves once it is set up; the process waits for start',
    foreground: 'a keeper stays as its parent until it ends',
  }[plan.mode];
  say(`${kept}, in ${plan.runDir}`);
  const { stdio, log, exit } = plan;
  if (stdio.kind === 'terminal') {
    say(
      `standard streams: a pseudo-terminal${stdio.consoleSocket === undefined ? '' : `, handed to ${stdio.consoleSocket}`}`,
    );
  } else {
    const streams = {
      pipes: `pipes${'stdin' in stdio && stdio.stdin !== 'closed' ? '' : ', no input'}`,
      null: '/dev/null',
      inherit: "the caller's own",
    }[stdio.kind];
    say(`standard streams: ${streams}`);
  }
  if (log.driver === 'json-file') {
    const size =
      log.maxSizeBytes === 0 ? 'without a limit' : `at most ${log.maxFiles} files of ${log.maxSizeBytes} bytes`;
    say(`log to ${log.path}, ${size}${log.compress === undefined ? '' : ', old ones compressed'}`);
  }
  if (log.forward !== undefined) {
    const { to } = log.forward;
    say(
      `send every line of output to ${'path' in to ? to.path : `${to.address} port ${to.port} (${to.kind})`} as well`,
    );
  }
  if (plan.preserveFds) say(`hand on ${plan.preserveFds} further descriptors`);
  if (exit.collect.length > 0) {
    narration.tell('Control groups', 'cleanup', `record ${exit.collect.map(({ name }) => name).join(', ')}`);
  }
  if (exit.command !== undefined) narration.tell('Process', 'cleanup', `run ${commandWords(exit.command.argv)}`);
}
