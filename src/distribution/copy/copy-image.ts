import { createWriteStream, mkdirSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { BerthError } from '#base/errors.ts';
import type { Limiter } from '#base/limiter.ts';
import { type HostPlatform, hostPlatform } from '#spec/platform.ts';
import { familiarReference, parseReference, type Reference, withDefaultTag } from '#spec/reference.ts';
import type { Store } from '#store/open-store.ts';
import type { PullOptions } from '../open-distribution.ts';
import { pullImage } from '../pull/pull-image.ts';
import type { Report } from '../pull/pull-progress.ts';
import { pushImage } from '../push/push-image.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { packLayout, unpackLayout } from './archive-end.ts';
import { copyTree } from './copy-tree.ts';
import type { CopySource, CopyTarget } from './ends.ts';
import { layoutSource, layoutTarget } from './layout-end.ts';
import type { Place } from './place.ts';
import { registrySource, registryTarget } from './registry-end.ts';

export interface CopyParts {
  readonly store: Store;
  readonly downloads: Limiter;
  readonly uploads: Limiter;
  /** Opens a repository; it is closed with the copy. */
  readonly open: (reference: Reference, credential: PullOptions['credential']) => RegistryClient;
}

export interface CopyRequest {
  readonly from: Place;
  readonly to: Place;
  readonly platform: HostPlatform | undefined;
  readonly fromCredential: PullOptions['credential'];
  readonly toCredential: PullOptions['credential'];
  readonly signal: AbortSignal;
  readonly report: Report;
}

/** Copies an image from one place to another, byte for byte where neither is the local store. */
export async function copyImage(parts: CopyParts, request: CopyRequest): Promise<void> {
  const { from, to } = request;
  if (from.kind === 'store') await copyFromStore(parts, from.name, request);
  else if (to.kind === 'store') await copyToStore(parts, to.name, request);
  else {
    await withScratch(parts.store, async (scratch) => {
      const source = await sourceOf(parts, request, `${scratch}.from`);
      const packed = to.kind === 'oci-archive' || to.kind === 'docker-archive' ? `${scratch}.to` : undefined;
      const target = targetOf(parts, request, packed);
      const { signal, report } = request;
      const platform = request.platform ?? (to.kind === 'docker-archive' ? hostPlatform() : undefined);
      const { digest } = await copyTree(source, target, { platform, limit: parts.uploads, signal, report });
      if (packed !== undefined && to.kind !== 'registry')
        await packLayout(packed, to.path, to.kind === 'docker-archive' ? (to.tag ?? null) : undefined);
      report({ status: `Digest: ${digest}` });
    });
  }
}

/** Runs work with a name for temporary folders beside it, which are removed. */
async function withScratch(store: Store, use: (path: string) => Promise<void>): Promise<void> {
  const path = store.content.temporaryPath();
  mkdirSync(path, { mode: 0o700 });
  try {
    await use(`${path}/layout`);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function sourceOf(parts: CopyParts, { from, fromCredential }: CopyRequest, scratch: string): Promise<CopySource> {
  switch (from.kind) {
    case 'registry':
      return registrySource(parts.open(from.reference, fromCredential), from.reference.digest ?? from.reference.tag!);
    case 'layout':
      return layoutSource(from.path, from.tag);
    case 'oci-archive':
    case 'docker-archive':
      await unpackLayout(from.path, scratch);
      return layoutSource(scratch, from.tag);
    case 'store':
      throw new Error('the store is no end of a plain copy');
  }
}

function targetOf(parts: CopyParts, { to, toCredential }: CopyRequest, packed: string | undefined): CopyTarget {
  if (to.kind === 'registry')
    return registryTarget(parts.open(to.reference, toCredential), to.reference.digest ?? to.reference.tag!);
  if (to.kind === 'store') throw new Error('the store is no end of a plain copy');
  return layoutTarget(packed ?? to.path, to.tag);
}

async function copyFromStore(
  parts: CopyParts,
  name: string,
  { to, toCredential, signal, report }: CopyRequest,
): Promise<void> {
  const { store } = parts;
  switch (to.kind) {
    case 'registry': {
      const client = parts.open(to.reference, toCredential);
      const { digest } = await pushImage({ store, limit: parts.uploads }, client, {
        reference: to.reference,
        image: name,
        signal,
        report,
      });
      report({ status: `Digest: ${digest}` });
      return;
    }
    case 'store':
      store.tagImage(name, familiarReference(withDefaultTag(parseReference(to.name))));
      return;
    case 'layout':
      await withScratch(store, async (scratch) => {
        await saveTo(store, name, scratch);
        await unpackLayout(scratch, `${scratch}.d`);
        const limit = parts.uploads;
        await copyTree(layoutSource(`${scratch}.d`, undefined), layoutTarget(to.path, to.tag), {
          platform: undefined,
          limit,
          signal,
          report,
        });
      });
      return;
    default:
      await saveTo(store, name, to.path);
  }
}

async function saveTo(store: Store, name: string, path: string): Promise<void> {
  const stream = store.save([name]);
  await pipeline(stream, createWriteStream(path, { mode: 0o600 }));
  const file = await open(path, 'r');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function copyToStore(
  parts: CopyParts,
  name: string,
  { from, platform, fromCredential, signal, report }: CopyRequest,
): Promise<void> {
  const { store } = parts;
  const reference = withDefaultTag(parseReference(name));
  if (reference.digest !== undefined)
    throw new BerthError('invalid', 'copy.name', 'an image is given a name with a tag, not with a digest');
  if (from.kind === 'registry') {
    const client = parts.open(from.reference, fromCredential);
    const request = { reference: from.reference, as: reference, platform, signal, report };
    const { digest } = await pullImage({ store, limit: parts.downloads }, client, request);
    report({ status: `Digest: ${digest}` });
    return;
  }
  if (from.kind === 'store') throw new Error('the store is no source here');
  const source = from.kind === 'layout' ? from.path : fileStream(from.path);
  const loaded = await store.load(source, {
    platform,
    progress: (message) => (message.stream === undefined ? report(message) : undefined),
  });
  const wanted =
    from.tag === undefined
      ? loaded
      : loaded.filter(({ names }) => names.some((one) => one === from.tag || one.endsWith(`:${from.tag}`)));
  const [image] = wanted;
  if (image === undefined || wanted.length > 1) {
    throw new BerthError('not-found', 'copy.archive', `${from.path} holds ${wanted.length} such images; say which`);
  }
  store.tagImage(image.id, familiarReference(reference));
  report({ status: `Loaded image ID: ${image.id}` });
}

async function* fileStream(path: string): AsyncIterable<Uint8Array> {
  const file = await open(path, 'r');
  yield* file.createReadStream({ highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>;
}
