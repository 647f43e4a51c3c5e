/** Attaches to a container, starts it, and stays until it ends or the user leaves. */
import type { Client } from '#client/client.ts';
import type { Context } from '../command.ts';
import { detachKeysOf } from './detach-keys.ts';
import type { SessionEnd } from './session.ts';
import { runSession } from './session.ts';
import { followSize } from './terminal-size.ts';

export interface AttachedStart {
  readonly id: string;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
  /** The container is removed by the engine when it ends. */
  readonly autoRemove: boolean;
  /** Docker's form; empty for the usual keys. */
  readonly detachKeys: string;
  /** Ends the session and leaves the container alone. */
  readonly abort?: AbortSignal;
}

/** The start itself failed: the error is the engine's. */
export class StartFailure extends Error {
  readonly reason: unknown;

  constructor(reason: unknown) {
    super('start failed');
    this.reason = reason;
  }
}

/** @returns the container's exit status; 0 when the user left; 130 when the session was aborted */
export async function startAttached(context: Context, client: Client, options: AttachedStart): Promise<number> {
  const { id, tty, stdin, stdout, stderr, detachKeys } = options;
  const stop = new AbortController();
  const waiting = new AbortController();
  options.abort?.addEventListener('abort', () => stop.abort(), { once: true });
  const attach = { stream: true, stdin, stdout, stderr, ...(detachKeys !== '' && { detachKeys }) };
  const connection = await client.containers.attach(id, attach);
  const session = runSession(
    connection,
    {
      stdin: stdin ? context.stdin : undefined,
      stdout: stdout ? context.stdout : undefined,
      stderr: stderr ? (tty ? context.stdout : context.stderr) : undefined,
    },
    { terminal: context, tty, detachKeys: detachKeysOf(detachKeys, context), abort: stop.signal },
  );
  // Looked at below; until then its failure is no unhandled one.
  session.catch(() => {});
  const condition = options.autoRemove ? 'removed' : 'next-exit';
  const { done } = await client.containers.wait(id, condition, waiting.signal);
  try {
    await client.containers.start(id);
  } catch (error) {
    stop.abort();
    await session.catch(() => {});
    if (options.autoRemove) await done.catch(() => {});
    waiting.abort();
    throw new StartFailure(error);
  }
  const unfollow =
    tty && context.stdout.isTTY === true
      ? followSize(
          context.stdout,
          (size) => client.containers.resize(id, size),
          (text) => context.stderr.write(text),
        )
      : () => {};
  try {
    return await outcome(context, options, session, done, stop);
  } finally {
    unfollow();
    waiting.abort();
  }
}

type Exit = Awaited<Awaited<ReturnType<Client['containers']['wait']>>['done']>;

async function outcome(
  context: Context,
  options: AttachedStart,
  session: Promise<SessionEnd>,
  done: Promise<Exit>,
  stop: AbortController,
): Promise<number> {
  const status = done.then(
    ({ StatusCode, Error: failure }) => {
      if (failure === undefined || failure === null) return StatusCode;
      context.stderr.write(`Error waiting for container: ${failure.Message}\n`);
      return 125;
    },
    (error: unknown) => {
      if (!(error instanceof Error && error.name === 'AbortError'))
        context.stderr.write(`error waiting for container: ${error instanceof Error ? error.message : error}\n`);
      return 125;
    },
  );
  const first = await Promise.race([session, status]);
  if (first === 'detached') return 0;
  if (first === 'aborted') return 130;
  if (typeof first === 'number') {
    // Output may still be on its way; without output there is nothing to wait for.
    if (!options.stdout && !options.stderr) stop.abort();
    await session.catch(() => {});
    return first;
  }
  return status;
}
