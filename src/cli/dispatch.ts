/** The entry of the command line. Imports almost nothing, so that `berth --version` costs almost nothing. */
import type { CliHost } from './command.ts';
import { VERSION } from './version.ts';

/**
 * Runs one command line.
 *
 * @param words the arguments after the program's name
 * @returns the exit status; failures are already printed
 */
export async function runCli(words: readonly string[], host: CliHost): Promise<number> {
  if (words.length === 1 && (words[0] === '--version' || words[0] === '-v')) {
    host.stdout.write(`Berth version ${VERSION}\n`);
    return 0;
  }
  if (words[0] === '__complete') {
    const { answerShell } = await import('./completion/answer.ts');
    return answerShell(words.slice(1), host);
  }
  const { runLine } = await import('./run-line.ts');
  return runLine(words, host);
}
