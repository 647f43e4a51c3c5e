import type { EngineContext } from '../context.ts';
import { VolumeBusy } from './claim-volumes.ts';
import { settleVolume } from './remove-volume.ts';

/** Runs `work`, and again whenever a volume that it needs was just being removed. */
export async function whenSettled<T>(context: EngineContext, work: () => T): Promise<T> {
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof VolumeBusy)) throw error;
      await settleVolume(context, error.volume);
    }
  }
}
