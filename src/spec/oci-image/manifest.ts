import {
  asArray,
  asObject,
  asOptionalString,
  asSize,
  asString,
  invalidDocument,
  type JsonObject,
  parseJsonObject,
} from './json-checks.ts';
import { INDEX_ENTRIES_MAX, LAYERS_MAX } from './limits.ts';
import { OCI_INDEX, OCI_MANIFEST } from './media-types.ts';

/** OCI image specification, "image-index.md", `platform`. */
export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly 'os.version'?: string;
  readonly variant?: string;
}

/** OCI image specification, "descriptor.md". */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
}

export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Index {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** @throws invalid naming the member that is wrong */
export function parseManifest(text: string): Manifest {
  const document = parseJsonObject(text, 'image manifest');
  checkVersion(document, 'image manifest');
  const layers = asArray(document['layers'], 'image manifest: layers');
  if (layers.length > LAYERS_MAX)
    throw invalidDocument(`image manifest: ${layers.length} layers, at most ${LAYERS_MAX} are accepted`);
  return {
    schemaVersion: 2,
    mediaType: asOptionalString(document['mediaType'], 'image manifest: mediaType') ?? OCI_MANIFEST,
    config: parseDescriptor(document['config'], 'image manifest: config'),
    layers: layers.map((layer) => parseDescriptor(layer, 'image manifest: layers')),
    ...annotationsOf(document, 'image manifest'),
  };
}

/** @throws invalid naming the member that is wrong */
export function parseIndex(text: string): Index {
  const document = parseJsonObject(text, 'image index');
  checkVersion(document, 'image index');
  const manifests = asArray(document['manifests'], 'image index: manifests');
  if (manifests.length > INDEX_ENTRIES_MAX) {
    throw invalidDocument(`image index: ${manifests.length} manifests, at most ${INDEX_ENTRIES_MAX} are accepted`);
  }
  return {
    schemaVersion: 2,
    mediaType: asOptionalString(document['mediaType'], 'image index: mediaType') ?? OCI_INDEX,
    manifests: manifests.map((manifest) => parseDescriptor(manifest, 'image index: manifests')),
    ...annotationsOf(document, 'image index'),
  };
}

function checkVersion(document: JsonObject, what: string): void {
  if (document['schemaVersion'] !== 2) {
    throw invalidDocument(
      `${what}: schema version ${JSON.stringify(document['schemaVersion'])} is not supported, only 2 is`,
    );
  }
}

function parseDescriptor(value: unknown, what: string): Descriptor {
  const object = asObject(value, what);
  const digest = asString(object['digest'], `${what}.digest`);
  if (!/^sha256:[a-f0-9]{64}$/.test(digest))
    throw invalidDocument(`${what}.digest: ${JSON.stringify(digest)} is no sha256 digest`);
  const platform = object['platform'];
  return {
    mediaType: asString(object['mediaType'], `${what}.mediaType`),
    digest,
    size: asSize(object['size'], `${what}.size`),
    ...annotationsOf(object, what),
    ...(platform === undefined || platform === null ? {} : { platform: parsePlatform(platform, `${what}.platform`) }),
  };
}

function parsePlatform(value: unknown, what: string): Platform {
  const object = asObject(value, what);
  const version = asOptionalString(object['os.version'], `${what}.os.version`);
  const variant = asOptionalString(object['variant'], `${what}.variant`);
  return {
    architecture: asString(object['architecture'], `${what}.architecture`),
    os: asString(object['os'], `${what}.os`),
    ...(version === undefined ? {} : { 'os.version': version }),
    ...(variant === undefined ? {} : { variant }),
  };
}

function annotationsOf(object: JsonObject, what: string): { annotations?: Readonly<Record<string, string>> } {
  const value = object['annotations'];
  if (value === undefined || value === null) return {};
  const annotations = asObject(value, `${what}.annotations`);
  for (const [key, text] of Object.entries(annotations)) asString(text, `${what}.annotations.${key}`);
  return { annotations: annotations as Readonly<Record<string, string>> };
}
