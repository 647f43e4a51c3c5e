import type { Readable } from 'node:stream';
import { messageOf } from '#base/errors.ts';
import type { Context } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { BROKEN_PIPE_STATUS } from '../guarded-output.ts';
import { copyTo, flushed, guardOutputs, isBrokenPipe } from './output.ts';
import { openOutputFile } from './output-file.ts';

/**
 * Writes an archive to the file that `--output` names, or to standard output unless that is a terminal.
 *
 * @param given the file as the user wrote it; empty for standard output
 * @param what for the complaint: `failed to save image`
 * @param open asks the engine; called when it is sure where the bytes go
 */
export async function writeArchive(
  context: Context,
  given: string,
  what: string,
  open: () => Promise<Readable>,
): Promise<void> {
  if (given === '') {
    if (context.stdout.isTTY === true)
      throw new ExitFailure(1, 'cowardly refusing to save to a terminal. Use the -o flag or redirect');
    const unguard = guardOutputs(context.stdout);
    try {
      await copyTo(await open(), context.stdout);
      await flushed(context.stdout);
    } catch (error) {
      if (isBrokenPipe(error)) throw new ExitFailure(BROKEN_PIPE_STATUS);
      throw error;
    } finally {
      unguard();
    }
    return;
  }
  let file: ReturnType<typeof openOutputFile>;
  try {
    file = openOutputFile(given, context.cwd);
  } catch (error) {
    throw new ExitFailure(1, `${what}: ${messageOf(error)}`);
  }
  try {
    await file.fill(await open());
  } finally {
    file.discard();
  }
}
