import { closeSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { BerthError, isErrno } from '#base/errors.ts';
import { type ExitRecord, parseExitRecord, readExitRecord } from './exit-record.ts';
import { errnoName } from './plan-error.ts';

export interface AttachOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Typed by the user, these bytes end the attachment and not the container; at most 32. */
  readonly detachKeys?: Uint8Array;
}

export interface Attachment {
  /** Terminal: raw bytes; else Docker's frames outwards and raw bytes inwards. `end()` half-closes: the end of stdin. */
  readonly stream: Duplex;
  /** Bytes in the current log file at the moment of attaching: what is before was not sent to the stream, what is after will be. */
  readonly logBytes: number;
  /** How often the log was rotated before. */
  readonly logRotations: number;
}

/** Longest path a unix socket address takes. */
const SOCKET_PATH_MAX = 107;

/** Connects to `<runDir>/ctl`; folders with long names are reached through a descriptor. */
async function connectControl(runDir: string): Promise<Socket> {
  const path = join(runDir, 'ctl');
  if (Buffer.byteLength(path) <= SOCKET_PATH_MAX) return connectTo(path);
  const folder = openSync(runDir, 'r');
  try {
    return await connectTo(`/proc/self/fd/${folder}/ctl`);
  } finally {
    closeSync(folder);
  }
}

function connectTo(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      // From here on a broken connection shows as its end.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

interface Frame {
  readonly type: string;
  readonly payload: Buffer;
}

function frame(type: string, payload: Uint8Array = new Uint8Array()): Buffer {
  const bytes = Buffer.alloc(5 + payload.length);
  bytes.writeUInt32LE(payload.length + 1, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(payload, 5);
  return bytes;
}

/** Reads one frame and leaves what follows in the socket. `undefined` when the connection ends first. */
function readFrame(socket: Socket): Promise<Frame | undefined> {
  return new Promise((resolve) => {
    let size: number | undefined;
    const done = (result: Frame | undefined) => {
      socket.off('readable', look);
      socket.off('end', gone);
      socket.off('close', gone);
      resolve(result);
    };
    const gone = () => done(undefined);
    const look = () => {
      size ??= (socket.read(4) as Buffer | null)?.readUInt32LE(0);
      if (size === undefined) return;
      const rest = socket.read(size) as Buffer | null;
      if (rest !== null) done({ type: rest.toString('latin1', 0, 1), payload: rest.subarray(1) });
    };
    socket.on('readable', look);
    socket.on('end', gone);
    socket.on('close', gone);
    look();
  });
}

function notRunning(what: string): BerthError {
  return new BerthError('conflict', 'keeper.gone', `${what}: the process is not running`);
}

async function open(runDir: string, what: string): Promise<Socket> {
  try {
    return await connectControl(runDir);
  } catch (cause) {
    if (isErrno(cause, 'ENOENT', 'ENOTDIR', 'ECONNREFUSED', 'ECONNRESET')) throw notRunning(what);
    throw cause;
  }
}

/** Checks the answer to a request. */
function accept(answer: Frame | undefined, what: string): Buffer {
  if (answer === undefined) throw notRunning(what);
  if (answer.type === 'O') return answer.payload;
  const errno = answer.payload.length >= 4 ? answer.payload.readUInt32LE(0) : 0;
  throw new BerthError('internal', 'keeper.refused', `${what}: ${errnoName(errno)}`);
}

/** One request, one answer, one connection. */
async function ask(runDir: string, what: string, type: string, payload?: Uint8Array): Promise<void> {
  const socket = await open(runDir, what);
  try {
    socket.write(frame(type, payload));
    accept(await readFrame(socket), what);
  } finally {
    socket.destroy();
  }
}

/**
 * Attaches to the standard streams of a supervised process; any number of clients may. Works from `created` on, so nothing
 * is missed when done before `start`.
 *
 * @throws BerthError conflict `keeper.gone` when nothing runs there
 */
export async function attachAt(runDir: string, o: AttachOptions): Promise<Attachment> {
  const streams = (o.stdin ? 1 : 0) | (o.stdout ? 2 : 0) | (o.stderr ? 4 : 0);
  const socket = await open(runDir, 'attach');
  socket.write(frame('A', Buffer.concat([Buffer.of(streams), o.detachKeys ?? new Uint8Array()])));
  try {
    const position = accept(await readFrame(socket), 'attach');
    return {
      stream: socket,
      logBytes: Number(position.readBigUInt64LE(0)),
      logRotations: position.readUInt32LE(8),
    };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** {@link attachAt} for callers that do not care about the log. */
export async function attach(runDir: string, o: AttachOptions): Promise<Duplex> {
  return (await attachAt(runDir, o)).stream;
}

/** Sets the size of the terminal in characters. */
export function resize(runDir: string, size: { readonly rows: number; readonly cols: number }): Promise<void> {
  const payload = Buffer.alloc(4);
  payload.writeUInt16LE(size.rows, 0);
  payload.writeUInt16LE(size.cols, 2);
  return ask(runDir, 'resize', 'R', payload);
}

/** Sends a signal to the process itself, which can not be another one by then (pidfd). */
export function signalProcess(runDir: string, signal: number): Promise<void> {
  const payload = Buffer.alloc(4);
  payload.writeInt32LE(signal, 0);
  return ask(runDir, 'signal', 'K', payload);
}

/** Ends the process's standard input, for pipes. */
export function closeStdin(runDir: string): Promise<void> {
  return ask(runDir, 'close stdin', 'I');
}

/**
 * Lets the resolver answer at the name server sockets of a running process from now on (`names` of its plan).
 *
 * @throws BerthError when its plan has no `names`
 */
export function serveNames(runDir: string): Promise<void> {
  return ask(runDir, 'serve names', 'N');
}

export interface WatchedExit {
  readonly record: ExitRecord;
  /** The keeper itself said so, and has done everything of its plan's cleanup; else it was killed, and its record was read. */
  readonly isComplete: boolean;
  /** Takes the exit over: the keeper does not run the plan's exit command then. */
  acknowledge(): void;
}

/**
 * Waits for the exit of a supervised process and everything of its plan's cleanup. With `willAcknowledge` the keeper waits
 * up to ten seconds for `acknowledge` before it runs the exit command.
 *
 * @throws BerthError `keeper.gone` when nothing runs there and no record says how it ended (the keeper was killed)
 */
export async function watchExit(
  runDir: string,
  o: { readonly willAcknowledge?: boolean; readonly signal?: AbortSignal } = {},
): Promise<WatchedExit> {
  o.signal?.throwIfAborted();
  const socket = await open(runDir, 'wait').catch((error: unknown) => {
    const record = readExitRecord(runDir, { keeperGone: true });
    if (record === undefined) throw error;
    return record;
  });
  if (!('write' in socket)) return { record: socket, isComplete: false, acknowledge: () => undefined };
  const stop = () => socket.destroy();
  // It may have been aborted while the connection was made, and then no event will tell.
  if (o.signal?.aborted) stop();
  o.signal?.throwIfAborted();
  o.signal?.addEventListener('abort', stop, { once: true });
  try {
    socket.write(frame('W', Buffer.of(o.willAcknowledge ? 1 : 0)));
    let answer = await readFrame(socket);
    if (answer?.type === 'O') answer = await readFrame(socket);
    o.signal?.throwIfAborted();
    const record =
      answer?.type === 'X' ? parseExitRecord(answer.payload) : readExitRecord(runDir, { keeperGone: true });
    if (record === undefined) throw notRunning('wait');
    return { record, isComplete: answer?.type === 'X', acknowledge: () => socket.end(frame('a')) };
  } finally {
    o.signal?.removeEventListener('abort', stop);
    if (!o.willAcknowledge) socket.destroy();
  }
}

/** The exit of a supervised process, waited for. */
export async function waitExit(runDir: string, signal?: AbortSignal): Promise<ExitRecord> {
  return (await watchExit(runDir, signal === undefined ? {} : { signal })).record;
}
