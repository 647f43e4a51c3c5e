import {
  closeSync,
  createReadStream,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { BerthError } from '#base/errors.ts';
import { parseIndex, parseManifest } from '#spec/oci-image/manifest.ts';
import { isManifestType } from '#spec/oci-image/media-types.ts';
import { cleanPath } from '#spec/tar/clean-path.ts';
import type { TarEntry } from '#spec/tar/tar-entry.ts';
import { TarParser } from '#spec/tar/tar-parser.ts';
import { encodeTarHeader, plainEntry, TAR_END, tarPadding } from '#spec/tar/tar-writer.ts';
import { decompress } from '#store/archive/decompress.ts';

/** What of an archive belongs to an OCI image layout; nothing else is written anywhere. */
const MEMBER = /^(?:oci-layout|index\.json|blobs\/sha256\/[a-f0-9]{64})$/;

/**
 * Unpacks the OCI image layout that an archive holds. Archives of Docker 25 and later, and Berth's, hold one.
 *
 * @throws unsupported for archives without one
 */
export async function unpackLayout(archive: string, folder: string): Promise<void> {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  let fd: number | undefined;
  let hasIndex = false;
  const parser = new TarParser({
    entry: ({ path, type }: TarEntry) => {
      const name = cleanPath(path);
      if (type !== 'file' || !MEMBER.test(name)) return;
      hasIndex ||= name === 'index.json';
      fd = openSync(join(folder, name), 'w', 0o600);
    },
    data: (bytes) => {
      for (let at = 0; fd !== undefined && at < bytes.length; ) at += writeSync(fd, bytes, at);
    },
    entryEnd: () => {
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
    },
  });
  try {
    const { bytes } = await decompress(createReadStream(archive, { highWaterMark: 1024 * 1024 }));
    for await (const piece of bytes) parser.push(piece);
    parser.end();
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
  if (hasIndex) return;
  throw new BerthError('unsupported', 'copy.archive', `${archive} holds no OCI image layout (index.json)`, {
    hint: 'Load it with `berth load` and copy the image from there.',
  });
}

/**
 * Packs a folder with an OCI image layout into an archive; the same image gives the same bytes.
 *
 * @param name the image's name in `manifest.json`, which makes it a docker-archive too; undefined: an OCI archive only
 */
export async function packLayout(folder: string, archive: string, name: string | null | undefined): Promise<void> {
  const file = await open(archive, 'w', 0o600);
  try {
    const add = async (path: string, size: number, pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) => {
      await file.write(encodeTarHeader({ ...plainEntry('file', path), size, mode: 0o644 }));
      for await (const piece of pieces) await file.write(piece);
      if (tarPadding(size) > 0) await file.write(Buffer.alloc(tarPadding(size)));
    };
    for (const directory of ['blobs/', 'blobs/sha256/']) {
      await file.write(encodeTarHeader({ ...plainEntry('directory', directory), mode: 0o755 }));
    }
    const blobs = readdirSync(join(folder, 'blobs/sha256')).sort();
    for (const path of [...blobs.map((blob) => `blobs/sha256/${blob}`), 'index.json']) {
      await add(path, statSync(join(folder, path)).size, createReadStream(join(folder, path)));
    }
    if (name !== undefined) {
      const manifest = Buffer.from(JSON.stringify(dockerManifest(folder, name)));
      await add('manifest.json', manifest.length, [manifest]);
    }
    await add('oci-layout', statSync(join(folder, 'oci-layout')).size, createReadStream(join(folder, 'oci-layout')));
    await file.write(TAR_END);
    await file.datasync();
  } finally {
    await file.close();
  }
}

function dockerManifest(folder: string, name: string | null): object[] {
  const entry = parseIndex(readFileSync(join(folder, 'index.json'), 'utf8')).manifests[0]!;
  if (!isManifestType(entry.mediaType)) {
    throw new BerthError(
      'invalid',
      'copy.archive',
      'a docker-archive holds images for one platform: say which with --platform',
      {},
    );
  }
  const path = (digest: string) => `blobs/${digest.replace(':', '/')}`;
  const { config, layers } = parseManifest(readFileSync(join(folder, path(entry.digest)), 'utf8'));
  return [
    {
      Config: path(config.digest),
      RepoTags: name === null ? null : [name],
      Layers: layers.map(({ digest }) => path(digest)),
    },
  ];
}
