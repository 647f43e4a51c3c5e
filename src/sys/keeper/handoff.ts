import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { BerthError, isErrno } from '#base/errors.ts';
import { decodeFailure, PlanError } from './plan-error.ts';

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;

/** Opens without ever blocking; `undefined` when no process holds the other side. */
function openFifo(path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags | O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ENXIO')) return undefined;
    throw error;
  }
}

/** True while the process that a `handoff` launch left in `runDir` still waits for its start. */
export function isWaitingForStart(runDir: string): boolean {
  const go = openFifo(join(runDir, 'go'), O_WRONLY);
  if (go !== undefined) closeSync(go);
  return go !== undefined;
}

function readToEnd(fd: number): Promise<Buffer> {
  const pipe = new Socket({ fd, readable: true, writable: false });
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    pipe.on('data', (chunk: Buffer) => chunks.push(chunk));
    pipe.once('error', reject);
    pipe.once('close', () => resolve(Buffer.concat(chunks)));
  });
}

/**
 * Starts a process that a `handoff` launch left waiting in `runDir`. A started process can not be started again.
 *
 * @returns when it has exec'd
 * @throws PlanError when it could not become its program; BerthError conflict when nothing waits there
 */
export async function startHandoff(runDir: string): Promise<void> {
  const go = openFifo(join(runDir, 'go'), O_WRONLY);
  const status = go === undefined ? undefined : openFifo(join(runDir, 'status'), O_RDONLY);
  if (go === undefined || status === undefined) {
    throw new BerthError('conflict', 'handoff.not-waiting', 'the process does not wait for its start');
  }
  writeSync(go, 'G');
  closeSync(go);
  // The process holds `status` open until its exec: the end of the stream is the success.
  const report = await readToEnd(status);
  if (report.length > 0) throw new PlanError(decodeFailure(report));
}
