import { Socket } from 'node:net';

export interface PreparedKeeper {
  readonly channel: Socket;
  readonly pid: number;
}

/**
 * The keeper that the launcher started before this program (native/launch), which waits for a plan.
 *
 * @returns `undefined` when there is none, or when it was taken before
 */
export function takePreparedKeeper(): PreparedKeeper | undefined {
  const [descriptor, pid] = (process.env['BERTH_PREPARED_KEEPER'] ?? '').split(':').map(Number);
  delete process.env['BERTH_PREPARED_KEEPER'];
  if (descriptor === undefined || pid === undefined || !(descriptor > 2) || !(pid > 0)) return undefined;
  return { channel: new Socket({ fd: descriptor, readable: true, writable: true }), pid };
}
