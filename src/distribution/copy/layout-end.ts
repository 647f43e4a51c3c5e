import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BerthError, isErrno } from '#base/errors.ts';
import { randomBytes } from '#base/random.ts';
import { DOCUMENT_BYTES_MAX } from '#spec/oci-image/limits.ts';
import { type Descriptor, parseIndex } from '#spec/oci-image/manifest.ts';
import { OCI_INDEX } from '#spec/oci-image/media-types.ts';
import type { Document } from '../pull/find-manifest.ts';
import { typeOf } from '../pull/find-manifest.ts';
import type { Blob, CopySource, CopyTarget } from './ends.ts';

const REF = 'org.opencontainers.image.ref.name';
const FULL = 'io.containerd.image.name';
const INDEX_FILE = 'index.json';
const LAYOUT_FILE = 'oci-layout';

/** An image of a folder with an OCI image layout. @param tag which one; may be absent when there is one only */
export function layoutSource(folder: string, tag: string | undefined): CopySource {
  return {
    top: async () => readDocument(folder, findEntry(folder, tag)),
    document: async (digest) => readDocument(folder, { digest, mediaType: '' }),
    open: (blob, from) => createReadStream(blobPath(folder, blob.digest), { start: from, highWaterMark: 512 * 1024 }),
  };
}

function findEntry(folder: string, tag: string | undefined): Descriptor {
  const { manifests } = parseIndex(readSmall(join(folder, INDEX_FILE)).toString());
  const named = tag === undefined ? manifests : manifests.filter(({ annotations }) => isNamed(annotations, tag));
  const digests = new Set(named.map(({ digest }) => digest));
  if (digests.size === 1) return named[0]!;
  const what = tag === undefined ? `${digests.size} images; say which` : `no image ${JSON.stringify(tag)}`;
  throw new BerthError('not-found', 'copy.layout', `${folder} holds ${what}`);
}

function isNamed(annotations: Descriptor['annotations'], tag: string): boolean {
  return annotations?.[REF] === tag || annotations?.[FULL] === tag || annotations?.[FULL]?.endsWith(`/${tag}`) === true;
}

function readDocument(folder: string, { digest, mediaType }: Pick<Descriptor, 'digest' | 'mediaType'>): Document {
  const bytes = readSmall(blobPath(folder, digest));
  const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (found !== digest) throw damaged(digest, found);
  return { digest, mediaType: typeOf(bytes, mediaType), bytes };
}

function readSmall(path: string): Buffer {
  try {
    const { size } = statSync(path);
    if (size <= DOCUMENT_BYTES_MAX) return readFileSync(path);
    throw new BerthError(
      'invalid',
      'copy.layout',
      `${path} has ${size} bytes, at most ${DOCUMENT_BYTES_MAX} are accepted`,
    );
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
    throw new BerthError('not-found', 'copy.layout', `${path} is not there: no OCI image layout, or a part of one`);
  }
}

/** A folder that becomes an OCI image layout, or gets one more image. @param tag its name there */
export function layoutTarget(folder: string, tag: string | undefined): CopyTarget {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  if (!existsSync(join(folder, LAYOUT_FILE)))
    writeFileSync(join(folder, LAYOUT_FILE), '{"imageLayoutVersion":"1.0.0"}');
  return {
    // What a document lists may have been taken out of a layout by hand.
    hasDocument: async () => false,
    putBlob: async (blob, source, moved, signal) => {
      if (statSync(blobPath(folder, blob.digest), { throwIfNoEntry: false })?.size === blob.size) return 'exists';
      await writeBlob(folder, blob, source.open(blob, 0, signal), moved);
      return 'sent';
    },
    putDocument: async (document, isTop) => {
      const one = async function* () {
        yield document.bytes;
      };
      await writeBlob(folder, { digest: document.digest, size: document.bytes.length }, one(), () => {});
      if (isTop) nameDocument(folder, document, tag);
    },
  };
}

async function writeBlob(
  folder: string,
  { digest, size }: Blob,
  pieces: AsyncIterable<Uint8Array>,
  moved: (bytes: number) => void,
): Promise<void> {
  const path = blobPath(folder, digest);
  const fresh = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(fresh, 'wx', 0o644);
  try {
    const hash = createHash('sha256');
    let length = 0;
    for await (const piece of pieces) {
      hash.update(piece);
      length += piece.length;
      if (length > size) break;
      await file.write(piece);
      moved(length);
    }
    const found = `sha256:${hash.digest('hex')}`;
    if (length !== size || found !== digest) throw damaged(digest, found);
    await file.datasync();
    renameSync(fresh, path);
  } finally {
    await file.close();
    await rm(fresh, { force: true });
  }
}

function nameDocument(folder: string, { digest, mediaType, bytes }: Document, tag: string | undefined): void {
  const path = join(folder, INDEX_FILE);
  const before = existsSync(path) ? parseIndex(readSmall(path).toString()).manifests : [];
  const others = before.filter((entry) =>
    tag === undefined ? entry.digest !== digest : entry.annotations?.[REF] !== tag,
  );
  const entry = {
    mediaType,
    digest,
    size: bytes.length,
    ...(tag === undefined ? {} : { annotations: { [REF]: tag } }),
  };
  const fresh = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(fresh, JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [...others, entry] }));
  renameSync(fresh, path);
}

function damaged(digest: string, found: string): BerthError {
  return new BerthError(
    'invalid',
    'blob.digest',
    `blob verification failed for digest ${digest}: the data has ${found}`,
  );
}

function blobPath(folder: string, digest: string): string {
  const match = /^sha256:([a-f0-9]{64})$/.exec(digest);
  if (match === null) throw new BerthError('invalid', 'copy.layout', `not a sha256 digest: ${digest}`);
  return join(folder, 'blobs/sha256', match[1]!);
}
