import type { CliHost, GlobalOptions } from '../command.ts';
import { ContextStore, contextFolder, DEFAULT_CONTEXT } from '../contexts/context-store.ts';
import { GLOBAL_FLAGS } from '../flags/global.ts';
import { parseFlags } from '../parse-flags.ts';
import { globalOptions } from '../run-line.ts';
import { type Candidate, complete } from './complete.ts';
import { liveNames } from './live-names.ts';
import type { ValueKind } from './value-kinds.ts';

/**
 * Answers a shell's question what may follow (`berth __complete WORD...`). Never fails: a shell has no use for a complaint while
 * somebody types.
 *
 * @param words what is typed after the program's name; the last is the one to complete
 */
export async function answerShell(words: readonly string[], host: CliHost): Promise<number> {
  const look = async (kind: ValueKind): Promise<readonly Candidate[]> => {
    try {
      const options = optionsOf(words, host.env);
      if (kind === 'context') return contexts(options, host.env);
      return await liveNames(await host.connect(options), kind);
    } catch {
      return [];
    }
  };
  const { kind, candidates } = await complete(words, look);
  const lines = candidates.map(({ value, description }) =>
    description === undefined ? value : `${value}\t${description.replaceAll(/\s+/g, ' ')}`,
  );
  host.stdout.write(`${[kind, ...lines].join('\n')}\n`);
  return 0;
}

function contexts(options: GlobalOptions, env: CliHost['env']): Candidate[] {
  const stored = new ContextStore(contextFolder(options, env)).list().map(({ Name }) => Name);
  return [DEFAULT_CONTEXT, ...stored].map((value) => ({ value }));
}

/** The global options so far; the last word may be the value of one. */
function optionsOf(words: readonly string[], env: CliHost['env']): GlobalOptions {
  const { flags } = parseFlags(GLOBAL_FLAGS, [...words.slice(0, -1), ''], { interspersed: false });
  return globalOptions(flags, env);
}
