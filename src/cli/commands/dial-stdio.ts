/** `system dial-stdio`: what `-H ssh://` runs at the other end. */
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';

export async function run(context: Context, { path }: Invocation): Promise<number> {
  if (context.dialStdio === undefined) throw new ExitFailure(1, `${path}: this program has no engine`);
  return context.dialStdio(context.options);
}
