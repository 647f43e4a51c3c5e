import { shortId } from '#base/ids.ts';
import { monotonicMs } from '#base/time.ts';
import type { ProgressMessage } from '#spec/docker-api/images.ts';
import type { ArrivalStep } from '#store/downloads/arrivals.ts';

export type Report = (message: ProgressMessage) => void;

/** Movement of one layer is told at most this often, milliseconds. */
const EVERY_MS = 100;

/** Tells how layers arrive as Docker does. */
export function pullProgress(
  report: Report,
): (source: { readonly digest: string; readonly size: number }, step: ArrivalStep) => void {
  const told = new Map<string, number>();
  const began = new Set<string>();
  return ({ digest, size }, step) => {
    const id = shortId(digest);
    const say = (status: string, progressDetail: ProgressMessage['progressDetail'] = {}) =>
      report({ status, progressDetail, id });
    switch (step.step) {
      case 'exists':
        say('Already exists');
        break;
      case 'pending':
        say('Pulling fs layer');
        break;
      case 'waiting':
        say('Waiting');
        break;
      case 'receiving': {
        const now = monotonicMs();
        if (began.has(id) && now - (told.get(id) ?? 0) < EVERY_MS) break;
        began.add(id);
        told.set(id, now);
        say('Downloading', { current: step.bytes, total: size });
        break;
      }
      case 'received':
        say('Verifying Checksum');
        say('Download complete');
        break;
      case 'unpacked':
        say('Extracting', { current: size, total: size });
        say('Pull complete');
        break;
    }
  };
}
