import { parseTimeNs } from '#base/time.ts';
import type { ImageConfig } from '#spec/oci-image/image-config.ts';

/** When an image says it was made, milliseconds since the epoch; 0 when it does not say. */
export function createdMs(config: Pick<ImageConfig, 'created'>): number {
  const ns = config.created === undefined ? undefined : parseTimeNs(config.created);
  return ns === undefined ? 0 : Number(ns / 1_000_000n);
}

/** The same in whole seconds, as listings have it. */
export function createdSeconds(config: Pick<ImageConfig, 'created'>): number {
  return Math.floor(createdMs(config) / 1000);
}
