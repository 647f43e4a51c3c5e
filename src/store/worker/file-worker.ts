/** The worker thread that touches disks: system calls through libc block here and nowhere else. */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { invariant } from '#base/errors.ts';
import { type JobName, type Jobs, runJob } from './jobs.ts';
import { toWireError } from './wire-error.ts';

invariant(parentPort !== null, 'the file worker runs as a thread');
const port = parentPort;

interface Request {
  readonly id: number;
  readonly name: JobName;
  readonly job: Parameters<Jobs[JobName]>[0];
  readonly bytes: MessagePort | undefined;
}

port.on('message', (request: Request) => void answer(request));

async function answer({ id, name, job, bytes }: Request): Promise<void> {
  try {
    port.postMessage({ id, result: await runJob(name, job, bytes) });
  } catch (error) {
    port.postMessage({ id, error: toWireError(error) });
  } finally {
    bytes?.close();
  }
}
