import { mkdirSync, rmSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isBerthError } from '#base/errors.ts';
import { fault } from '#base/fault.ts';
import { KeyedMutex } from '#base/keyed-mutex.ts';
import type { Limiter } from '#base/limiter.ts';
import type { ContentStore } from '../content/content-store.ts';
import type { LayerStore, Unpacked } from '../layers/layer-store.ts';
import { type Database, transact } from '../metadata/database.ts';
import type { LayerRow } from '../metadata/layer-table.ts';
import type { Lease } from '../metadata/leases.ts';
import type { StorePaths } from '../store-paths.ts';
import { sendBytes } from '../worker/byte-port.ts';
import type { FileWorkers } from '../worker/file-workers.ts';
import { claimDownload, deleteDownload, isDownloading, releaseDownload } from './download-table.ts';

/** A blob that is somewhere else. */
export interface BlobSource {
  readonly digest: string;
  /** Announced bytes. */
  readonly size: number;
  /** Its bytes from a place on; ends early only by throwing. */
  readonly open: (from: number, signal: AbortSignal) => AsyncIterable<Uint8Array>;
}

export interface LayerArrival extends BlobSource {
  readonly mediaType: string;
  /** Digest the uncompressed archive must have. */
  readonly diffId: string;
}

/** What is happening to a blob; `bytes` of its announced size are here. */
export type ArrivalStep =
  | { readonly step: 'exists' | 'pending' | 'waiting' | 'received' | 'unpacked' }
  | { readonly step: 'receiving'; readonly bytes: number };

export interface ArrivalOptions<S> {
  readonly lease: Lease;
  readonly limit: Limiter;
  readonly signal: AbortSignal;
  readonly report: (source: S, step: ArrivalStep) => void;
}

export interface ArrivalParts {
  readonly db: Database;
  readonly paths: StorePaths;
  readonly content: ContentStore;
  readonly layers: LayerStore;
  readonly workers: FileWorkers;
}

/** How often it is looked what another process does, milliseconds. */
const LOOK_MS = 100;

/**
 * Blobs on their way into the store. One that several want is fetched once, also when they are different processes; what broke off goes
 * on where it ended, whoever fetches it next. Nothing is visible before its digest is proven.
 */
export class Arrivals {
  readonly #parts: ArrivalParts;
  readonly #mutex = new KeyedMutex();

  constructor(parts: ArrivalParts) {
    this.#parts = parts;
  }

  /** Makes sure that a blob is here. */
  async blob<S extends BlobSource>(source: S, options: ArrivalOptions<S>): Promise<void> {
    const { limit, report } = options;
    options.lease.hold('blob', source.digest);
    if (this.#parts.content.sizeOf(source.digest) !== undefined) {
      report(source, { step: 'exists' });
      return;
    }
    report(source, { step: 'pending' });
    await limit.run(
      () => this.#fetch(source, undefined, options),
      () => report(source, { step: 'waiting' }),
    );
  }

  /** Makes sure that a stack of layers is here and unpacked, lowest first. Layers are unpacked while they come, side by side. */
  async stack(sources: readonly LayerArrival[], options: ArrivalOptions<LayerArrival>): Promise<LayerRow[]> {
    const { layers, workers } = this.#parts;
    const { lease, report, limit } = options;
    const rows: LayerRow[] = [];
    for (const source of sources) {
      lease.hold('blob', source.digest);
      const known = layers.find(source.diffId, rows.at(-1)?.chainId, lease);
      if (known === undefined) break;
      // Its archive was lost, and here it can be had.
      if (known.blob === source.digest && this.#parts.content.sizeOf(known.blob) === undefined)
        await this.blob(source, options);
      else report(source, { step: 'exists' });
      rows.push(known);
    }
    const missing = sources.slice(rows.length);
    for (const source of missing) report(source, { step: 'pending' });
    const stop = new AbortController();
    const signal = AbortSignal.any([options.signal, stop.signal]);
    const works = missing.map((source) => {
      lease.hold('blob', source.digest);
      const work = limit.run(
        () => this.#fetch(source, source, { ...options, signal }),
        () => report(source, { step: 'waiting' }),
      );
      work.catch(() => {});
      return work;
    });
    let adopted = 0;
    try {
      for (const [i, source] of missing.entries()) {
        const unpacked = await firstFailure(works, i);
        adopted = i + 1;
        rows.push(await this.#adopt(source, unpacked, rows.at(-1)?.chainId, lease));
        report(source, { step: 'unpacked' });
      }
      return rows;
    } finally {
      stop.abort();
      for (const late of await Promise.allSettled(works.slice(adopted))) {
        const target = late.status === 'fulfilled' ? late.value?.target : undefined;
        if (target !== undefined) await workers.run('removeTree', { path: target });
      }
    }
  }

  async #adopt(source: LayerArrival, unpacked: Unpacked | undefined, parent: string | undefined, lease: Lease) {
    const { content, layers } = this.#parts;
    const { digest, size, diffId, mediaType } = source;
    const blob = { path: content.pathOf(digest), digest, size };
    const row = await layers.adopt({ blob, isKept: true, mediaType, diffId }, unpacked, parent, lease);
    fault('arrival.adopted');
    return row;
  }

  /** @returns what was unpacked; undefined when the blob was here, or may not be unpacked yet */
  async #fetch<S extends BlobSource>(
    source: S,
    layer: LayerArrival | undefined,
    options: ArrivalOptions<S>,
  ): Promise<Unpacked | undefined> {
    const { db, content } = this.#parts;
    const { report, signal } = options;
    using _held = await this.#mutex.acquire(source.digest);
    for (;;) {
      signal.throwIfAborted();
      const claim = transact(db, () =>
        content.sizeOf(source.digest) !== undefined ? 'here' : claimDownload(db, source.digest, source.size),
      );
      if (claim === 'here') {
        report(source, { step: 'received' });
        return undefined;
      }
      if (claim === 'other') await this.#watchOther(source, options);
      else {
        const received = await this.#receive(source, layer, options);
        if (received !== 'again') return received;
      }
    }
  }

  /** Waits until another process has the blob, or has given it up. */
  async #watchOther<S extends BlobSource>(source: S, { report, signal }: ArrivalOptions<S>): Promise<void> {
    const { db, paths } = this.#parts;
    const path = paths.download(source.digest);
    while (isDownloading(db, source.digest)) {
      report(source, { step: 'receiving', bytes: sizeOfFile(path) });
      await sleep(LOOK_MS, undefined, { signal });
    }
  }

  /** @returns 'again' when what was left of an earlier try was bad */
  async #receive<S extends BlobSource>(
    source: S,
    layer: LayerArrival | undefined,
    { lease, report, signal }: ArrivalOptions<S>,
  ): Promise<Unpacked | undefined | 'again'> {
    const { content, db, layers, paths, workers } = this.#parts;
    mkdirSync(paths.downloads, { recursive: true, mode: 0o700 });
    const { digest, size } = source;
    const path = paths.download(digest);
    if (sizeOfFile(path) > size) rmSync(path);
    const from = sizeOfFile(path);
    const place = layer === undefined ? undefined : await layers.prepareTarget();
    const unpack = place === undefined ? undefined : { ...place, diffId: layer!.diffId };
    try {
      let bytes = from;
      const counted = (async function* () {
        for await (const piece of source.open(from, signal)) {
          bytes += piece.length;
          report(source, { step: 'receiving', bytes });
          yield piece;
        }
      })();
      const job = { path, from, digest, size, unpack };
      const applied = await workers.runWithBytes('receiveBlob', job, (port) => sendBytes(port, counted));
      fault('download.received');
      await content.keep({ path, digest, size }, lease, () => deleteDownload(db, digest));
      report(source, { step: 'received' });
      return place === undefined ? undefined : { target: place.target, applied: applied! };
    } catch (error) {
      if (place !== undefined) await workers.run('removeTree', { path: place.target });
      // A full disk is not to be kept full.
      const isBad = isBerthError(error, 'invalid') || (isBerthError(error) && error.code === 'store.full');
      if (isBad) {
        rmSync(path, { force: true });
        transact(db, () => deleteDownload(db, digest));
        if (from > 0 && isBerthError(error, 'invalid') && !signal.aborted) return 'again';
      } else releaseDownload(db, digest);
      throw error;
    }
  }
}

/** The result of a work; whichever of those from there on fails first fails it. */
async function firstFailure<T>(works: readonly Promise<T>[], index: number): Promise<T> {
  return (await Promise.race([
    works[index]!,
    ...works.slice(index + 1).map((work) => work.then(() => new Promise<T>(() => {}))),
  ])) as T;
}

function sizeOfFile(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
