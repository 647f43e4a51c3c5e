/** `completion`: https://docs.docker.com/engine/cli/completion/ */
import type { Context, Invocation } from '../command.ts';
import { SCRIPTS } from '../completion/scripts.ts';
import { ExitFailure } from '../failure.ts';

export async function run(context: Context, { args }: Invocation): Promise<number> {
  const [shell = ''] = args;
  const script = SCRIPTS[shell];
  if (script === undefined) {
    throw new ExitFailure(1, `berth: no completion for the shell ${shell}: there is one for bash, fish and zsh`);
  }
  context.stdout.write(script);
  return 0;
}
