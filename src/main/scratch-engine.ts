import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '#client/client.ts';
import { connect } from '#client/client.ts';
import { inProcessTransport } from '#client/in-process-transport.ts';
import { openApi } from './open-api.ts';

/** An engine over a root of its own below the machine's temporary directory, which goes with it. */
export async function openScratch(launcher: string): Promise<{ readonly client: Client } & AsyncDisposable> {
  const root = mkdtempSync(join(tmpdir(), 'berth-examine-'));
  const remove = () => rmSync(root, { recursive: true, force: true });
  // Also when the process is told to end in between.
  process.once('exit', remove);
  const api = await openApi(root, launcher);
  return {
    client: connect(inProcessTransport(api.dispatch, api.version)),
    [Symbol.asyncDispose]: async () => {
      await api.close();
      remove();
      process.removeListener('exit', remove);
    },
  };
}
