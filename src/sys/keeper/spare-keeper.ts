import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { ownProgram } from '../own-program.ts';
import type { PreparedKeeper } from './prepared-keeper.ts';

/** How long after a start the next keeper is made: whoever starts many at once should not pay for both. */
const AFTER_MS = 20;

let isKept = false;
let spare: PreparedKeeper | undefined;
let timer: NodeJS.Timeout | undefined;

function makeSpare(): void {
  timer = undefined;
  if (!isKept || spare !== undefined) return;
  const child = spawn(ownProgram('keeper'), [], {
    argv0: 'berth-keeper',
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  // A start that finds none makes its own, and says what is wrong.
  child.once('error', () => undefined);
  const channel = child.stdio[3] as Duplex | null | undefined;
  if (!channel || child.pid === undefined) return;
  const made: PreparedKeeper = { channel, pid: child.pid };
  child.unref();
  unref(channel);
  // It says nothing before it gets a plan: what is read here is its end, should somebody kill it.
  channel.resume();
  channel.once('close', () => {
    if (spare === made) spare = undefined;
  });
  spare = made;
}

function unref(channel: Duplex): void {
  (channel as Duplex & { unref?(): void }).unref?.();
}

function later(): void {
  if (!isKept || timer !== undefined) return;
  timer = setTimeout(makeSpare, AFTER_MS);
  timer.unref();
}

/**
 * Keeps one keeper at hand from now on: making a process costs a process of Node's size a few milliseconds, which a start then need not
 * wait for. For processes that stay.
 *
 * @returns ends the spare one, too
 */
export function keepSpareKeeper(): Disposable {
  isKept = true;
  later();
  return {
    [Symbol.dispose]: () => {
      isKept = false;
      clearTimeout(timer);
      timer = undefined;
      // A keeper that gets no plan ends with its channel.
      spare?.channel.destroy();
      spare = undefined;
    },
  };
}

/** The spare keeper, if there is one; the next is made soon. */
export function takeSpareKeeper(): PreparedKeeper | undefined {
  const taken = spare;
  spare = undefined;
  later();
  if (taken === undefined || taken.channel.destroyed) return undefined;
  (taken.channel as Duplex & { ref?(): void }).ref?.();
  return taken;
}
