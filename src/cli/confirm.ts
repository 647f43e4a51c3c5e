import { createInterface } from 'node:readline';
import type { Context } from './command.ts';
import { ExitFailure } from './failure.ts';

/**
 * Asks a question that only `y` answers with yes.
 *
 * @throws ExitFailure without a message when the answer is no: docker ends silently then, with status 0
 */
export async function confirm(context: Context, question: string): Promise<void> {
  context.stdout.write(`${question} [y/N] `);
  const lines = createInterface({ input: context.stdin, signal: context.signal });
  let answer = '';
  try {
    for await (const line of lines) {
      answer = line.trim();
      break;
    }
  } finally {
    lines.close();
  }
  if (context.signal.aborted) context.stdout.write('\n');
  if (answer.toLowerCase() !== 'y') throw new ExitFailure(context.signal.aborted ? 130 : 0);
}
