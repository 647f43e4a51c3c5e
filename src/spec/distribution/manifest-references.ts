import {
  asArray,
  asObject,
  asOptionalString,
  asSize,
  asString,
  invalidDocument,
  type JsonObject,
  parseJsonObject,
} from '../oci-image/json-checks.ts';
import { isForeignLayerType, isIndexType, isManifestType } from '../oci-image/media-types.ts';
import { algorithmOf } from './names.ts';

/** Something that a manifest needs beside itself. */
export interface ManifestReference {
  readonly kind: 'blob' | 'manifest';
  readonly digest: string;
  /** Announced bytes. */
  readonly size: number;
  /** True when it is to be fetched from elsewhere, and so need not be here. */
  readonly isForeign: boolean;
}

/** What a registry has to know of a manifest. */
export interface ManifestFacts {
  readonly references: readonly ManifestReference[];
  readonly subject: string | undefined;
  /** As the list of referrers gives it; undefined for an index without one. */
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

/** Most things that one manifest may refer to. */
const REFERENCES_MAX = 10_000;

/**
 * Reads what a registry has to know of a document that a client sends. One of a media type that is not known is a document
 * without references, and need not even be JSON.
 *
 * @param mediaType what the client calls it, without parameters
 * @throws invalid naming the member that is wrong, or when the document calls itself by another type
 */
export function readManifestFacts(bytes: Uint8Array, mediaType: string): ManifestFacts {
  const isIndex = isIndexType(mediaType);
  if (!isIndex && !isManifestType(mediaType)) return readUnknown(bytes, mediaType);
  const what = isIndex ? 'image index' : 'image manifest';
  const document = parseJsonObject(Buffer.from(bytes).toString(), what);
  const own = asOptionalString(document['mediaType'], `${what}: mediaType`);
  if (own !== undefined && own !== mediaType)
    throw invalidDocument(`${what}: it was sent as ${mediaType} and calls itself ${own}`);
  if (document['schemaVersion'] !== 2) throw invalidDocument(`${what}: its schemaVersion is not 2`);
  if (isIndex && (document['config'] !== undefined || document['layers'] !== undefined))
    throw invalidDocument(`${what}: it has the members of an image manifest`);
  if (!isIndex && document['manifests'] !== undefined)
    throw invalidDocument(`${what}: it has the members of an image index`);
  return {
    references: isIndex ? listed(document, 'manifests', 'manifest', what) : ofManifest(document, what),
    ...commonFacts(document, what),
    artifactType: artifactTypeOf(document, what),
  };
}

function readUnknown(bytes: Uint8Array, mediaType: string): ManifestFacts {
  const none = { references: [], subject: undefined, artifactType: undefined, annotations: undefined };
  if (!/[/+]json$/.test(mediaType)) return none;
  const what = 'manifest';
  const document = parseJsonObject(Buffer.from(bytes).toString(), what);
  const own = asOptionalString(document['mediaType'], `${what}: mediaType`);
  if (own !== undefined && own !== mediaType)
    throw invalidDocument(`${what}: it was sent as ${mediaType} and calls itself ${own}`);
  return { ...none, ...commonFacts(document, what), artifactType: artifactTypeOf(document, what) };
}

function ofManifest(document: JsonObject, what: string): ManifestReference[] {
  const config = reference(document['config'], 'blob', `${what}: config`);
  return [config, ...listed(document, 'layers', 'blob', what)];
}

function listed(document: JsonObject, member: string, kind: ManifestReference['kind'], what: string) {
  const list = asArray(document[member], `${what}: ${member}`);
  if (list.length > REFERENCES_MAX)
    throw invalidDocument(`${what}: ${list.length} ${member}, at most ${REFERENCES_MAX} are accepted`);
  return list.map((value) => reference(value, kind, `${what}: ${member}`));
}

function reference(value: unknown, kind: ManifestReference['kind'], what: string): ManifestReference {
  const object = asObject(value, what);
  const urls = object['urls'];
  const mediaType = asOptionalString(object['mediaType'], `${what}.mediaType`) ?? '';
  return {
    kind,
    digest: digestOf(object, what),
    size: asSize(object['size'], `${what}.size`),
    isForeign: isForeignLayerType(mediaType) || (Array.isArray(urls) && urls.length > 0),
  };
}

function digestOf(object: JsonObject, what: string): string {
  const digest = asString(object['digest'], `${what}.digest`);
  if (algorithmOf(digest) === undefined)
    throw invalidDocument(`${what}.digest: ${JSON.stringify(digest)} is no digest`);
  return digest;
}

function commonFacts(document: JsonObject, what: string): Pick<ManifestFacts, 'subject' | 'annotations'> {
  const { subject, annotations } = document;
  return {
    subject:
      subject === undefined || subject === null
        ? undefined
        : digestOf(asObject(subject, `${what}: subject`), `${what}: subject`),
    annotations: annotations === undefined || annotations === null ? undefined : texts(annotations, what),
  };
}

function texts(value: unknown, what: string): Record<string, string> {
  const entries = Object.entries(asObject(value, `${what}: annotations`));
  return Object.fromEntries(entries.map(([key, text]) => [key, asString(text, `${what}: annotations.${key}`)]));
}

/** OCI distribution specification, "Listing Referrers": that of the configuration where a manifest has none of its own. */
function artifactTypeOf(document: JsonObject, what: string): string | undefined {
  const own = asOptionalString(document['artifactType'], `${what}: artifactType`);
  if (own !== undefined && own !== '') return own;
  const config = document['config'];
  if (config === undefined || config === null) return undefined;
  return asOptionalString(asObject(config, `${what}: config`)['mediaType'], `${what}: config.mediaType`);
}
