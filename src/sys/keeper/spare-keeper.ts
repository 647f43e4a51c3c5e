import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { ownProgram } from '../own-program.ts';
import type { PreparedKeeper } from './prepared-keeper.ts';

/**
 * How many keepers are made at once, and how few may be left before: making a process costs one of Node's size some milliseconds in
 * which nothing else goes on, and the keepers themselves almost nothing.
 */
const FULL = 8;
const LOW = 4;
/** How long after a start the next keepers are made: whoever waits for that start should not pay for them. */
const AFTER_MS = 20;

/** MSG_READY of native/protocol.h: length, type, pid. */
const READY = 0x52;
const READY_BYTES = 9;

let isKept = false;
const spares = new Set<PreparedKeeper>();
/** Channels of keepers that have not said their pid yet. */
const coming = new Set<Duplex>();
let timer: NodeJS.Timeout | undefined;

function makeSpares(): void {
  timer = undefined;
  const count = FULL - spares.size - coming.size;
  if (!isKept || count <= 0) return;
  const child = spawn(ownProgram('keeper'), [String(count)], {
    argv0: 'berth-keeper',
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', ...Array.from({ length: count }, () => 'pipe' as const)],
  });
  // A start that finds none makes its own, and says what is wrong.
  child.once('error', () => undefined);
  child.unref();
  for (const channel of child.stdio.slice(3)) if (channel) expect(channel as Duplex);
}

/** A keeper says its pid, and then nothing before it gets a plan: what is read after that is its end, should somebody kill it. */
function expect(channel: Duplex): void {
  unref(channel);
  coming.add(channel);
  channel.once('data', (message: Buffer) => {
    coming.delete(channel);
    if (message.length !== READY_BYTES || message[4] !== READY) {
      channel.destroy();
      return;
    }
    const made: PreparedKeeper = { channel, pid: message.readUInt32LE(5) };
    channel.once('close', () => spares.delete(made));
    spares.add(made);
  });
  channel.once('error', () => undefined);
  channel.once('close', () => coming.delete(channel));
  channel.resume();
}

function unref(channel: Duplex): void {
  (channel as Duplex & { unref?(): void }).unref?.();
}

function later(): void {
  if (!isKept || timer !== undefined || spares.size + coming.size >= LOW) return;
  timer = setTimeout(makeSpares, AFTER_MS);
  timer.unref();
}

/**
 * Keeps keepers at hand from now on, so that a start need not wait for a process to be made. For processes that stay.
 *
 * @returns ends the spare ones, too
 */
export function keepSpareKeeper(): Disposable {
  // Spare ones are children of one that has ended, and become the first process's, which has to collect them. Node does not.
  isKept = process.pid !== 1;
  later();
  return {
    [Symbol.dispose]: () => {
      isKept = false;
      clearTimeout(timer);
      timer = undefined;
      // A keeper that gets no plan ends with its channel.
      for (const { channel } of spares) channel.destroy();
      for (const channel of coming) channel.destroy();
      spares.clear();
      coming.clear();
    },
  };
}

/** A spare keeper, if there is one; more are made soon. */
export function takeSpareKeeper(): PreparedKeeper | undefined {
  for (const taken of spares) {
    spares.delete(taken);
    later();
    if (taken.channel.destroyed) continue;
    (taken.channel as Duplex & { ref?(): void }).ref?.();
    return taken;
  }
  later();
  return undefined;
}
