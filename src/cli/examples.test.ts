import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkArgs } from './check-args.ts';
import { EXAMPLES } from './examples.ts';
import { findCommand } from './find-command.ts';
import { loadFlags } from './load-command.ts';
import { parseFlags } from './parse-flags.ts';
import { COMMANDS } from './table.ts';

/** The words of a line as a shell would split it; substitutions count as one word. */
function wordsOf(line: string): string[] {
  const plain = line.replace(/\$\([^)]*\)/g, 'SUBSTITUTED');
  return [...plain.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

/** Every pipeline's part that runs berth. */
function commandsOf(example: string): string[][] {
  const parts = [example, ...[...example.matchAll(/\$\(([^)]*)\)/g)].map(([, inner]) => inner ?? '')];
  return parts
    .flatMap((part) => part.split(/ \| (?=[a-z])/))
    .map((part) => wordsOf(part.trim()))
    .filter(([program]) => program === 'berth')
    .map(([, ...words]) => words);
}

for (const [id, examples] of Object.entries(EXAMPLES)) {
  test(`examples of berth ${id} are command lines that parse`, async () => {
    assert.ok(
      COMMANDS.some((row) => row.names[0] === id),
      `${id} is a command`,
    );
    const commands = examples.flatMap(commandsOf);
    assert.ok(commands.length >= examples.length);
    for (const words of commands) {
      const found = findCommand(words);
      assert.equal(found.kind, 'command', words.join(' '));
      if (found.kind !== 'command') continue;
      const flags = await loadFlags(found.row.names[0]);
      const line = parseFlags(flags, found.rest, { interspersed: found.row.interspersed ?? true });
      checkArgs(found.row.args, line.args, words.join(' '), '');
    }
    assert.ok(
      commands.some((words) => {
        const found = findCommand(words);
        return found.kind === 'command' && found.row.names[0] === id;
      }),
    );
  });
}
