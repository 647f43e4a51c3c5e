import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { BerthError } from '#base/errors.ts';
import { ownProgram } from '../own-program.ts';
import type { WatchedExit } from './attach.ts';
import { encodePlan } from './encode.ts';
import { parseExitRecord } from './exit-record.ts';
import type { LaunchPlan } from './plan.ts';
import { decodeFailure, planError } from './plan-error.ts';
import { takePreparedKeeper } from './prepared-keeper.ts';
import { takeSpareKeeper } from './spare-keeper.ts';

export interface ExitStatus {
  readonly code: number;
  /** Signal number that ended the process, 0 for none. */
  readonly signal: number;
}

/** A process that is set up and waits. Leaving without `start` or `release` ends it and undoes everything. */
export interface Launch {
  /** Host pid of the container's first process. */
  readonly pid: number;
  readonly keeperPid: number;
  /**
   * supervise, foreground: lets the process run; resolves when it has exec'd, rejects with PlanError when it could not.
   *
   * @param o.watch supervise: this process watches from the first moment on, and must call `watch` or `leave`
   */
  start(o?: { readonly watch?: boolean }): Promise<void>;
  /** handoff: the keeper leaves the waiting process behind. */
  release(): Promise<void>;
  /** Kills the process and cleans up; resolves when that is done. */
  abort(): Promise<void>;
  /** foreground: the exit status. Never settles in the other modes. */
  readonly exited: Promise<ExitStatus>;
  /**
   * After `start({watch: true})`: the exit, with everything of the plan's cleanup done. The keeper waits for `acknowledge` up to ten
   * seconds, unless this process ends or leaves; without it the keeper runs the plan's exit command.
   *
   * @throws BerthError `keeper.died` when the keeper was killed
   */
  watch(): Promise<WatchedExit>;
  /** After `start({watch: true})`: watches no longer. */
  leave(): void;
}

export interface LaunchOptions {
  /** Descriptors of this process for stdio kind `inherit`; default 0, 1, 2. */
  readonly stdio?: readonly [number, number, number];
  /** Descriptors of this process that the new process gets as 3, 4, ... (`preserveFds` of the plan). */
  readonly extraFds?: readonly number[];
}

const CREATED = 0x43;
const STARTED = 0x53;
const FAILED = 0x46;
const EXITED = 0x58;

/** Messages of the control channel one by one. */
class Control {
  readonly #socket: Duplex;
  readonly #plan: LaunchPlan;
  #pending: Buffer = Buffer.alloc(0);
  #waiting = new Map<number, PromiseWithResolvers<Buffer>>();
  #failure: Error | undefined;
  #arrived = new Map<number, Buffer>();

  constructor(socket: Duplex, plan: LaunchPlan) {
    this.#socket = socket;
    this.#plan = plan;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => this.#fail(keeperDied()));
    socket.on('close', () => this.#fail(keeperDied()));
    socket.on('end', () => this.#fail(keeperDied()));
  }

  send(bytes: Buffer | string): void {
    this.#socket.write(bytes);
  }

  next(type: number): Promise<Buffer> {
    const arrived = this.#arrived.get(type);
    if (arrived) return Promise.resolve(arrived);
    if (this.#failure) return Promise.reject(this.#failure);
    const waiting = this.#waiting.get(type) ?? Promise.withResolvers<Buffer>();
    this.#waiting.set(type, waiting);
    return waiting.promise;
  }

  /** Resolves when the keeper has closed its end. */
  closed(): Promise<void> {
    if (this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
    });
  }

  end(): void {
    this.#socket.end();
  }

  acknowledge(): void {
    this.#socket.end('a');
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= 4) {
      const size = this.#pending.readUInt32LE(0);
      if (this.#pending.length < 4 + size) return;
      const type = this.#pending.readUInt8(4);
      const payload = Buffer.from(this.#pending.subarray(5, 4 + size));
      this.#pending = this.#pending.subarray(4 + size);
      if (type === FAILED) this.#fail(planError(this.#plan, decodeFailure(payload)));
      else {
        this.#arrived.set(type, payload);
        this.#waiting.get(type)?.resolve(payload);
        this.#waiting.delete(type);
      }
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#failure);
    this.#waiting.clear();
  }
}

function keeperDied(): BerthError {
  return new BerthError('internal', 'keeper.died', 'the keeper process ended unexpectedly');
}

/**
 * Carries out a launch plan up to its `gate`: one process of the keeper, one control channel.
 *
 * @returns when the process is created and waits
 * @throws PlanError naming the op that failed; nothing of the plan is left then
 */
export async function launch(plan: LaunchPlan, options: LaunchOptions = {}): Promise<Launch> {
  const bytes = encodePlan(plan);
  const inherit = plan.stdio.kind === 'inherit';
  const prepared =
    inherit || (options.extraFds ?? []).length > 0 ? undefined : (takePreparedKeeper() ?? takeSpareKeeper());
  if (prepared !== undefined) {
    const control = new Control(prepared.channel, plan);
    control.send(bytes);
    return makeLaunch(control, (await control.next(CREATED)).readUInt32LE(0), prepared.pid);
  }
  const stdio = inherit ? [...(options.stdio ?? [0, 1, 2])] : (['ignore', 'ignore', 'ignore'] as const);
  const child = spawn(ownProgram('keeper'), [], {
    argv0: 'berth-keeper',
    env: {},
    stdio: [...stdio, 'pipe', ...(options.extraFds ?? [])],
  });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) =>
      reject(new BerthError('internal', 'keeper.spawn', `run the keeper: ${cause.message}`, { cause })),
    );
  });
  const socket = child.stdio[3] as Duplex | null | undefined; // typed for the first five descriptors only
  if (!socket) return failed;
  const control = new Control(socket, plan);
  control.send(bytes);
  child.unref();
  const created = await Promise.race([control.next(CREATED), failed]);
  return makeLaunch(control, created.readUInt32LE(0), child.pid ?? 0);
}

function makeLaunch(control: Control, pid: number, keeperPid: number): Launch {
  let exited: Promise<ExitStatus> | undefined;
  return {
    pid,
    keeperPid,
    async start(o = {}) {
      control.send(o.watch ? 'W' : 'G');
      await control.next(STARTED);
    },
    async release() {
      control.send('G');
      await control.closed();
    },
    async abort() {
      control.end();
      await control.closed();
    },
    async watch() {
      const record = parseExitRecord(await control.next(EXITED));
      return { record, isComplete: true, acknowledge: () => control.acknowledge() };
    },
    leave: () => control.destroy(),
    get exited() {
      if (exited === undefined) {
        exited = control.next(EXITED).then((bytes) => ({ code: bytes.readUInt32LE(0), signal: bytes.readUInt32LE(4) }));
        // Somebody may look at it (a copy, a spread) without ever waiting for it.
        exited.catch(() => undefined);
      }
      return exited;
    },
  };
}
