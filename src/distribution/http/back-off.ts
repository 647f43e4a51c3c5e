import { setTimeout as sleep } from 'node:timers/promises';
import { BerthError } from '#base/errors.ts';
import { type HttpResponse, headerOf } from './exchange.ts';

const FIRST_MS = 250;
const LONGEST_MS = 8_000;
/** A server that wants a longer pause gets an error instead: nobody waits for that. */
const PAUSE_MAX_MS = 60_000;

/** Whether an answer means: not now. */
export function isBusy(status: number): boolean {
  return status === 429 || status === 408 || status === 500 || status === 502 || status === 503 || status === 504;
}

/**
 * How long to wait before the next try, milliseconds: what the server asks for (RFC 9110 section 10.2.3), else twice as long each
 * time, with some chance in it so that many clients do not come back at once.
 *
 * @param tries tries so far, 1 after the first
 * @returns undefined when the server asks for more patience than there is
 */
export function pauseBefore(tries: number, response?: HttpResponse, nowMs = Date.now()): number | undefined {
  const asked = response === undefined ? undefined : headerOf(response, 'retry-after');
  if (asked !== undefined) {
    const ms = /^\d+$/.test(asked) ? Number(asked) * 1000 : Date.parse(asked) - nowMs;
    if (!Number.isNaN(ms)) return ms > PAUSE_MAX_MS ? undefined : Math.max(ms, 0);
  }
  const longest = Math.min(FIRST_MS * 2 ** (tries - 1), LONGEST_MS);
  return longest / 2 + Math.random() * (longest / 2);
}

/** @throws cancelled when the signal ends the wait */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throw new BerthError('cancelled', 'registry.cancelled', 'context canceled', { cause: error });
  }
}
