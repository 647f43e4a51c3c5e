import type { Client } from '#client/client.ts';
import { connect } from '#client/client.ts';
import { inProcessTransport } from '#client/in-process-transport.ts';
import { makeScratch } from '#sys/scratch-directory.ts';
import { openApi } from './open-api.ts';

/** An engine over a root of its own below the machine's temporary directory, which goes with it. */
export async function openScratch(launcher: string): Promise<{ readonly client: Client } & AsyncDisposable> {
  const scratch = makeScratch();
  const remove = () => scratch[Symbol.dispose]();
  // Also when the process is told to end in between.
  process.once('exit', remove);
  const api = await openApi(scratch.path, launcher);
  return {
    client: connect(inProcessTransport(api.dispatch, api.version)),
    [Symbol.asyncDispose]: async () => {
      await api.close();
      remove();
      process.removeListener('exit', remove);
    },
  };
}
