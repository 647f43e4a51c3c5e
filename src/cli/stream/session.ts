/** One attached session: standard input to the container, its output to ours, until one side has enough. */
import type { Duplex } from 'node:stream';
import { isErrno } from '#base/errors.ts';
import { demultiplex } from '#client/demux.ts';
import type { Hijacked } from '#client/hijacked.ts';
import type { Context, Input, Output } from '../command.ts';
import { DetachScanner } from './detach-scanner.ts';
import { copyTo, flushed, guardOutputs, write } from './output.ts';
import { enterRawMode } from './raw-terminal.ts';

export interface SessionStreams {
  /** Absent: nothing is sent, and the container's input is closed for this client. */
  readonly stdin?: Input | undefined;
  /** Absent: dropped. */
  readonly stdout?: Output | undefined;
  readonly stderr?: Output | undefined;
}

export interface SessionOptions {
  /** Given where standard input may be a terminal that is to become raw. */
  readonly terminal?: Pick<Context, 'stdin' | 'rawTerminal'>;
  /** The container has a terminal: raw keys, one stream of output, detach keys. */
  readonly tty: boolean;
  /** Bytes of the keys that end the session. */
  readonly detachKeys: Uint8Array;
  /** Ends the session from outside. */
  readonly abort?: AbortSignal;
}

/** `ended`: the output ended, or there was none to wait for and the input did. `detached`: by the keys. */
export type SessionEnd = 'ended' | 'detached' | 'aborted';

function isOver(error: unknown): boolean {
  return isErrno(error, 'EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED');
}

/** Copies input until its end, which it passes on; `true` when the keys were typed. */
async function sendInput(stdin: Input, connection: Duplex, options: SessionOptions): Promise<boolean> {
  const scanner = options.tty ? new DetachScanner(options.detachKeys) : undefined;
  try {
    for await (const chunk of stdin) {
      const { pass, detached } = scanner?.push(chunk as Buffer) ?? { pass: chunk as Buffer, detached: false };
      if (pass.length > 0) await write(connection, pass);
      if (detached) return true;
    }
  } catch (error) {
    // A broken connection shows on the output side; a terminal that is gone (EIO) is the end of input.
    if (!isOver(error) && !isErrno(error, 'EIO', 'EAGAIN')) throw error;
  }
  return false;
}

async function receiveOutput(connection: Hijacked, streams: SessionStreams, options: SessionOptions): Promise<void> {
  const isFramed = connection.multiplexed ?? !options.tty;
  const { stdout, stderr } = streams;
  if (isFramed) await demultiplex(connection.stream, { stdout, stderr });
  else if (stdout !== undefined) await copyTo(connection.stream, stdout);
  else for await (const _ of connection.stream);
}

function aborted(signal: AbortSignal | undefined): Promise<'aborted'> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve('aborted');
    signal?.addEventListener('abort', () => resolve('aborted'), { once: true });
  });
}

/**
 * Runs a session to its end. The terminal is set back on every way out.
 *
 * @throws what broke, such as EPIPE when nobody reads our output any more
 */
export async function runSession(
  connection: Hijacked,
  streams: SessionStreams,
  options: SessionOptions,
): Promise<SessionEnd> {
  const { stream } = connection;
  const { stdin, stdout, stderr } = streams;
  const outputs = [stdout, stderr].filter((output) => output !== undefined);
  const unguard = guardOutputs(...outputs, stream);
  const isInteractive = stdin !== undefined && options.tty && options.terminal !== undefined;
  const restore = isInteractive ? await enterRawMode(options.terminal) : () => {};
  let isDone = false;
  const output = receiveOutput(connection, streams, options).finally(restore);
  const input = async (): Promise<SessionEnd> => {
    const isDetached = stdin !== undefined && (await sendInput(stdin, stream, options));
    restore();
    if (isDetached) return 'detached';
    if (!isDone) stream.end();
    if (outputs.length > 0) await output;
    return 'ended';
  };
  try {
    const receiving = output.then((): SessionEnd => 'ended');
    const end = await Promise.race([...(outputs.length > 0 ? [receiving] : []), input(), aborted(options.abort)]);
    await Promise.all(outputs.map(flushed));
    return end;
  } finally {
    isDone = true;
    restore();
    output.catch(() => {});
    stream.destroy();
    stdin?.destroy();
    unguard();
  }
}
