import { BerthError } from '#base/errors.ts';
import { shortId } from '#base/ids.ts';
import type { Limiter } from '#base/limiter.ts';
import { monotonicMs } from '#base/time.ts';
import { INDEX_DEPTH_MAX } from '#spec/oci-image/limits.ts';
import { type Descriptor, parseIndex, parseManifest } from '#spec/oci-image/manifest.ts';
import { isIndexType } from '#spec/oci-image/media-types.ts';
import type { HostPlatform } from '#spec/platform.ts';
import { fittingEntries, shownPlatform } from '../pull/choose-platform.ts';
import type { Document } from '../pull/find-manifest.ts';
import type { Report } from '../pull/pull-progress.ts';
import type { CopySource, CopyTarget } from './ends.ts';

export interface CopyOptions {
  /** Only the image for this platform; all of an index when absent. */
  readonly platform: HostPlatform | undefined;
  readonly limit: Limiter;
  readonly signal: AbortSignal;
  readonly report: Report;
}

const EVERY_MS = 100;

/**
 * Copies what a name leads to with everything below it, byte for byte: first what is pointed to, then what points.
 *
 * @returns the document that has the name there
 */
export async function copyTree(source: CopySource, target: CopyTarget, options: CopyOptions): Promise<Document> {
  const top = await source.top();
  const chosen = options.platform === undefined ? top : await choose(source, top, options.platform);
  await copyDocument(source, target, chosen, { ...options, done: new Set() }, 0);
  return chosen;
}

async function choose(source: CopySource, document: Document, wanted: HostPlatform, depth = 0): Promise<Document> {
  if (!isIndexType(document.mediaType)) return document;
  checkDepth(depth);
  for (const entry of fittingEntries(parseIndex(document.bytes.toString()).manifests, wanted)) {
    return await choose(source, await source.document(entry.digest), wanted, depth + 1);
  }
  throw new BerthError(
    'not-found',
    'manifest.platform',
    `no matching manifest for ${shownPlatform(wanted)} in the manifest list entries`,
  );
}

interface Walk extends CopyOptions {
  readonly done: Set<string>;
}

async function copyDocument(
  source: CopySource,
  target: CopyTarget,
  document: Document,
  walk: Walk,
  depth: number,
): Promise<void> {
  if (walk.done.has(document.digest)) return;
  walk.done.add(document.digest);
  if (!(await target.hasDocument(document.digest))) {
    if (isIndexType(document.mediaType)) {
      checkDepth(depth);
      for (const entry of parseIndex(document.bytes.toString()).manifests) {
        await copyDocument(source, target, await source.document(entry.digest), walk, depth + 1);
      }
    } else await copyBlobs(source, target, document, walk);
  }
  walk.report({ status: 'Writing manifest', id: shortId(document.digest) });
  await target.putDocument(document, depth === 0);
}

async function copyBlobs(source: CopySource, target: CopyTarget, document: Document, walk: Walk): Promise<void> {
  const { config, layers } = parseManifest(document.bytes.toString());
  const blobs = new Map([config, ...layers].map((blob) => [blob.digest, blob]));
  const stop = new AbortController();
  const signal = AbortSignal.any([walk.signal, stop.signal]);
  const works = [...blobs.values()].map((blob) => walk.limit.run(() => copyBlob(source, target, blob, walk, signal)));
  try {
    await Promise.all(works);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(works);
    throw error;
  }
}

async function copyBlob(
  source: CopySource,
  target: CopyTarget,
  blob: Descriptor,
  { report }: Walk,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const id = shortId(blob.digest);
  const total = blob.size;
  let told = Number.NEGATIVE_INFINITY;
  const moved = (current: number) => {
    if (monotonicMs() - told < EVERY_MS) return;
    told = monotonicMs();
    report({ status: 'Copying', progressDetail: { current, total }, id });
  };
  const how = await target.putBlob(blob, source, moved, signal);
  const words = { exists: 'Already exists', mounted: 'Mounted', sent: 'Copied' };
  report({ status: words[how], progressDetail: {}, id });
}

function checkDepth(depth: number): void {
  if (depth <= INDEX_DEPTH_MAX) return;
  throw new BerthError(
    'invalid',
    'image.index-depth',
    `image index: more than ${INDEX_DEPTH_MAX} indexes inside one another`,
  );
}
