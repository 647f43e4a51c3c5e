import { basename } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import { invariant } from '#base/errors.ts';
import { looksLikeLayer } from '../archive/looks-like-layer.ts';
import { sendNote } from '../worker/byte-port.ts';
import { GrowthWriter } from '../worker/growth.ts';
import { bytesOfSource } from '../worker/run-with-source.ts';
import type { SpooledBlob } from './content-store.ts';
import { SpoolFile } from './spool-file.ts';

export interface SpoolBlobJob {
  /** See {@link runWithSource}. */
  readonly source: number | undefined;
  /** Of the new file; its name is a number. */
  readonly path: string;
  /** Told how far it has come when it looks like the archive of a layer; then a note is sent. */
  readonly growth: SharedArrayBuffer;
}

/** Writes the bytes that come through the port into a new file and takes their digest. Runs in a worker. */
export async function spoolBlob(job: SpoolBlobJob, port: MessagePort | undefined): Promise<SpooledBlob> {
  invariant(port !== undefined, 'spooling needs a port');
  const growth = new GrowthWriter(job.growth);
  let failed = true;
  try {
    using file = new SpoolFile(job.path);
    let isLayer = false;
    const pieces = bytesOfSource(job.source, port);
    pieces.reuse?.();
    for await (const piece of pieces) {
      if (file.size === 0 && looksLikeLayer(piece)) {
        isLayer = growth.begin(Number(basename(job.path)));
        if (isLayer) sendNote(port);
      }
      file.add(piece);
      if (isLayer) growth.grow(piece.length);
    }
    if (isLayer) growth.complete();
    failed = false;
    return { path: job.path, digest: file.finish(), size: file.size };
  } finally {
    growth.end(failed);
  }
}
