import type { ArgumentRule } from './command-row.ts';
import { ExitFailure } from './failure.ts';

const plural = (count: number): string => (count === 1 ? 'argument' : 'arguments');

/** @returns docker's words for a wrong number of arguments, and how it points to the help; nothing when the number is right */
function complaint(rule: ArgumentRule, count: number): readonly [what: string, pointer: string] | undefined {
  switch (rule.kind) {
    case 'any':
      return undefined;
    case 'none':
      return count === 0 ? undefined : ['accepts no arguments', 'Run'];
    case 'exactly':
      return count === rule.count ? undefined : [`requires ${rule.count} ${plural(rule.count)}`, 'Run'];
    case 'at-least':
      return count >= rule.least ? undefined : [`requires at least ${rule.least} ${plural(rule.least)}`, 'See'];
    case 'at-most':
      // "SRun" is what docker 28.2 prints.
      return count <= rule.most ? undefined : [`requires at most ${rule.most} ${plural(rule.most)}`, 'SRun'];
    case 'range': {
      const what = `requires at least ${rule.least} and at most ${rule.most} ${plural(rule.most)}`;
      return count >= rule.least && count <= rule.most ? undefined : [what, 'Run'];
    }
  }
}

/**
 * Checks the number of arguments.
 *
 * @param path the command as messages name it, `berth container ls`
 * @param usage the whole usage line
 * @throws ExitFailure of status 1 in docker's words
 */
export function checkArgs(rule: ArgumentRule, args: readonly string[], path: string, usage: string): void {
  const found = complaint(rule, args.length);
  if (found === undefined) return;
  const [what, pointer] = found;
  throw new ExitFailure(
    1,
    `berth: '${path}' ${what}\n\nUsage:  ${usage}\n\n${pointer} '${path} --help' for more information`,
  );
}
