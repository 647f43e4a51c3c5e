import { setTimeout as sleep } from 'node:timers/promises';
import type { Output } from '../command.ts';

export interface Size {
  readonly rows: number;
  readonly cols: number;
}

/** Size of the terminal behind an output, 0 by 0 when it is none. */
export function sizeOf(output: Output): Size {
  return { rows: output.rows ?? 0, cols: output.columns ?? 0 };
}

/** A terminal that is still being set up refuses its size for a moment. */
const RETRIES = 10;

/**
 * Gives the container's terminal the size of ours, now and whenever ours changes.
 *
 * @param resize tells the engine
 * @param complain takes the one complaint there can be
 * @returns stops following
 */
export function followSize(
  output: Output,
  resize: (size: Size) => Promise<void>,
  complain: (text: string) => void,
): () => void {
  let isFollowing = true;
  const send = () => {
    const size = sizeOf(output);
    return size.rows === 0 && size.cols === 0 ? Promise.resolve() : resize(size);
  };
  const begin = async () => {
    for (let attempt = 0; isFollowing; attempt++) {
      try {
        await send();
        return;
      } catch {
        if (attempt === RETRIES) {
          if (isFollowing) complain('failed to resize tty, using default size\n');
          return;
        }
        await sleep((attempt + 1) * 10);
      }
    }
  };
  // Later sizes may come when the container is gone already.
  const change = () => void send().catch(() => {});
  output.on('resize', change);
  void begin();
  return () => {
    isFollowing = false;
    output.off('resize', change);
  };
}
