import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface PreparedKeeper {
  readonly channel: Duplex;
  readonly pid: number;
}

const VARIABLE = 'BERTH_PREPARED_KEEPER';

/**
 * Reads what the launcher (native/launch) says of the keeper that it started: `descriptor:pid:owner`.
 *
 * @param owner pid of this process; a variable that another process inherited is not its own
 * @returns `undefined` when it says nothing to this process
 */
export function parsePreparedKeeper(value: string, owner: number): { descriptor: number; pid: number } | undefined {
  const [, descriptor, pid, owns] = /^(\d+):(\d+):(\d+)$/.exec(value) ?? [];
  if (Number(owns) !== owner || Number(descriptor) <= 2) return undefined;
  return { descriptor: Number(descriptor), pid: Number(pid) };
}

/**
 * The keeper that the launcher started before this program, which waits for a plan.
 *
 * @returns `undefined` when there is none, when it was taken before, and when `BERTH_KEEPER` names another keeper
 */
export function takePreparedKeeper(): PreparedKeeper | undefined {
  const prepared = parsePreparedKeeper(process.env[VARIABLE] ?? '', process.pid);
  delete process.env[VARIABLE];
  if (prepared === undefined || process.env['BERTH_KEEPER']) return undefined;
  return { channel: new Socket({ fd: prepared.descriptor, readable: true, writable: true }), pid: prepared.pid };
}
