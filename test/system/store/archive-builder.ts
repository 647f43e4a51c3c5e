import { createHash } from 'node:crypto';
import type { TarEntry, TarEntryType } from '#spec/tar/tar-entry.ts';
import { encodeTarHeader, plainEntry, TAR_END, tarPadding } from '#spec/tar/tar-writer.ts';

/** One member of an archive made by code, however hostile. */
export interface Member extends Partial<Omit<TarEntry, 'type' | 'path'>> {
  readonly type?: TarEntryType;
  readonly path: string;
  readonly content?: string | Uint8Array;
}

/** An archive of these members. */
export function buildTar(members: readonly Member[]): Buffer {
  const parts = members.flatMap(({ content = '', type = 'file', path, ...rest }) => {
    const data = Buffer.from(content);
    const size = rest.size ?? data.length;
    return [encodeTarHeader({ ...plainEntry(type, path), ...rest, size }), data, Buffer.alloc(tarPadding(data.length))];
  });
  return Buffer.concat([...parts, TAR_END]);
}

export function sha256(bytes: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export interface LayoutParts {
  /** Uncompressed archives of layers. */
  readonly layers: readonly Buffer[];
  /** Changes the documents before they are written; digests follow. */
  readonly config?: (config: Record<string, unknown>) => unknown;
  readonly manifest?: (manifest: Record<string, unknown>) => unknown;
  readonly index?: (index: Record<string, unknown>) => unknown;
  /** Changes the members of the archive. */
  readonly members?: (members: Member[]) => Member[];
}

/** An OCI image layout in a tar. */
export function buildLayout(parts: LayoutParts): Buffer {
  const same = <T>(value: T): unknown => value;
  const blob = (bytes: string | Uint8Array): Member => ({
    path: `blobs/${sha256(bytes).replace(':', '/')}`,
    content: bytes,
  });
  const describe = (bytes: string | Uint8Array, mediaType: string) => {
    return { mediaType, digest: sha256(bytes), size: Buffer.byteLength(bytes) };
  };
  const config = JSON.stringify(
    (parts.config ?? same)({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: parts.layers.map(sha256) },
    }),
  );
  const manifest = JSON.stringify(
    (parts.manifest ?? same)({
      schemaVersion: 2,
      config: describe(config, 'application/vnd.oci.image.config.v1+json'),
      layers: parts.layers.map((layer) => describe(layer, 'application/vnd.oci.image.layer.v1.tar')),
    }),
  );
  const index = JSON.stringify(
    (parts.index ?? same)({
      schemaVersion: 2,
      manifests: [describe(manifest, 'application/vnd.oci.image.manifest.v1+json')],
    }),
  );
  const members = [
    { path: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    { path: 'index.json', content: index },
    blob(manifest),
    blob(config),
    ...parts.layers.map(blob),
  ];
  return buildTar((parts.members ?? ((list) => list))(members));
}
