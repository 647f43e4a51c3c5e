import type { Duplex } from 'node:stream';
import { DeferredDuplex } from '#base/deferred-duplex.ts';
import { DEFAULT_DETACH_KEYS, parseDetachKeys } from '#base/detach-keys.ts';
import { BerthError, isBerthError } from '#base/errors.ts';
import { attach } from '#sys/keeper/attach.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';
import type { Attachment, AttachOptions } from './api.ts';
import type { AttachWish } from './pending-attaches.ts';

/**
 * The key sequence of a request: the default when it names none, nothing when it names an empty one. Only a terminal has keys:
 * input that is piped in may hold any bytes.
 */
export function detachKeysOf(text: string | undefined, tty: boolean): Uint8Array {
  const keys = text === undefined ? DEFAULT_DETACH_KEYS : text === '' ? new Uint8Array() : parseDetachKeys(text);
  return tty ? keys : new Uint8Array();
}

function wishOf(options: AttachOptions, tty: boolean): AttachWish {
  return {
    stdin: options.stdin ?? false,
    stdout: options.stdout ?? false,
    stderr: options.stderr ?? false,
    detachKeys: detachKeysOf(options.detachKeys, tty),
  };
}

/**
 * Attaches to a container's streams. One that does not run yet is attached when it starts, by this process (then no byte is
 * missed) or by another.
 */
export async function attachContainer(
  context: EngineContext,
  row: ContainerRow,
  ref: string,
  options: AttachOptions,
): Promise<Attachment> {
  const tty = row.spec.config.Tty;
  const wish = wishOf(options, tty);
  if (row.status === 'paused') {
    throw new BerthError(
      'conflict',
      'container.paused',
      `container ${ref} is paused, unpause the container before attach`,
    );
  }
  if (row.status === 'restarting') {
    throw new BerthError(
      'conflict',
      'container.restarting',
      `container ${ref} is restarting, wait until the container is running`,
    );
  }
  if (options.stream === false) return { tty, stream: emptyStream() };
  if (row.status === 'running') {
    return { tty, stream: await attachIfRunning(pathsOf(context.root, row.id).runDirectory, wish) };
  }
  const stream = new DeferredDuplex();
  context.pending.add(row.id, wish, stream);
  followOthersStart(context, row).catch((error: unknown) => stream.destroy(error as Error));
  return { tty, stream };
}

function emptyStream(): Duplex {
  const stream = new DeferredDuplex();
  stream.abandon();
  return stream;
}

/** Connects what still waits when another process starts the container, and ends it when the container is removed. */
async function followOthersStart(context: EngineContext, armed: ContainerRow): Promise<void> {
  while (context.pending.has(armed.id) && !context.closing.aborted) {
    const row = context.containers.get(armed.id);
    if (row === undefined) context.pending.abandon(armed.id);
    else if (row.starts > armed.starts && row.status === 'running') {
      await context.pending.connect(row.id, (wish) =>
        attachIfRunning(pathsOf(context.root, row.id).runDirectory, wish),
      );
    } else if (row.exits > armed.exits) context.pending.abandon(armed.id);
    else await context.feed.next(context.closing);
  }
}

/** A program that has ended before it could be attached to leaves a stream that has ended, too. */
async function attachIfRunning(runDirectory: string, wish: AttachWish): Promise<Duplex> {
  try {
    return await attach(runDirectory, wish);
  } catch (error) {
    if (isBerthError(error) && error.code === 'keeper.gone') return emptyStream();
    throw error;
  }
}
