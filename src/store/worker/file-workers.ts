import { join } from 'node:path';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { PortClosed } from './byte-port.ts';
import type { JobName, Jobs } from './jobs.ts';
import { fromWireError, type WireError } from './wire-error.ts';

/** Threads at most. One more starts only when all others are at work: an image that is unpacked holds nobody up. */
const THREADS_MAX = 4;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

type Answer = { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: WireError };

/** The threads in which the store touches disks. They start with the first job and hold no process open when idle. */
export class FileWorkers {
  #threads: Thread[] = [];
  #nextId = 0;

  /** Runs a job in a thread. */
  run<N extends JobName>(
    name: N,
    job: Parameters<Jobs[N]>[0],
    bytes?: MessagePort,
  ): Promise<Awaited<ReturnType<Jobs[N]>>> {
    const thread = this.#pick();
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    thread.waiting.set(id, { resolve, reject });
    thread.worker.ref();
    thread.worker.postMessage({ id, name, job, bytes }, bytes === undefined ? [] : [bytes]);
    return promise as Promise<Awaited<ReturnType<Jobs[N]>>>;
  }

  /** Runs a job that bytes flow into or out of through the port handed to `use`. */
  async runWithBytes<N extends JobName, T>(
    name: N,
    job: Parameters<Jobs[N]>[0],
    use: (port: MessagePort) => Promise<T>,
  ): Promise<Awaited<ReturnType<Jobs[N]>>> {
    const { port1, port2 } = new MessageChannel();
    const result = this.run(name, job, port2);
    const [settled, used] = await Promise.allSettled([result, use(port1)]);
    port1.close();
    if (used.status === 'rejected' && !(used.reason instanceof PortClosed)) throw used.reason;
    if (settled.status === 'rejected') throw settled.reason;
    return settled.value;
  }

  /** Ends the threads. Jobs that still run are lost and reject. */
  async close(): Promise<void> {
    const threads = this.#threads;
    this.#threads = [];
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  }

  #pick(): Thread {
    const idle = this.#threads.find(({ waiting }) => waiting.size === 0);
    if (idle !== undefined) return idle;
    if (this.#threads.length < THREADS_MAX) return this.#start();
    return this.#threads.reduce((best, thread) => (thread.waiting.size < best.waiting.size ? thread : best));
  }

  #start(): Thread {
    const worker = new Worker(workerFile(), { name: 'berth-files', trackUnmanagedFds: false, execArgv: [] });
    const thread: Thread = { worker, waiting: new Map() };
    worker.on('message', (answer: Answer) => {
      const waiting = thread.waiting.get(answer.id);
      thread.waiting.delete(answer.id);
      if (thread.waiting.size === 0) worker.unref();
      if ('error' in answer) waiting?.reject(fromWireError(answer.error));
      else waiting?.resolve(answer.result);
    });
    const fail = (error: Error) => {
      this.#threads = this.#threads.filter((other) => other !== thread);
      for (const waiting of thread.waiting.values()) waiting.reject(error);
      thread.waiting.clear();
    };
    worker.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', () => fail(new Error('the file worker ended')));
    this.#threads.push(thread);
    return thread;
  }
}

/** The worker's file: beside this one as source, beside the bundle in `dist/`. */
function workerFile(): string {
  return join(import.meta.dirname, import.meta.filename.endsWith('.ts') ? 'file-worker.ts' : 'file-worker.cjs');
}
