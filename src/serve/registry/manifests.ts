import type { IncomingMessage } from 'node:http';
import { algorithmOf, type DigestAlgorithm, isTagName } from '#spec/distribution/names.ts';
import { DOCUMENT_BYTES_MAX } from '#spec/oci-image/limits.ts';
import { OCI_MANIFEST } from '#spec/oci-image/media-types.ts';
import { isKnown } from './blobs.ts';
import { type Answer, type Call, empty } from './exchange.ts';
import { refusal } from './refusal.ts';

/** Most tags that one request may set. */
const TAGS_MAX = 100;

/** `/v2/NAME/manifests/REFERENCE` */
export async function answerManifest(call: Call, repository: string, reference: string): Promise<Answer> {
  switch (call.method) {
    case 'GET':
    case 'HEAD':
      return await getManifest(call, repository, reference);
    case 'PUT':
      return await putManifest(call, repository, reference);
    case 'DELETE':
      if (reference.includes(':')) call.registry.deleteManifest(repository, reference);
      else call.registry.deleteTag(repository, reference);
      return empty(202);
    default:
      throw refusal('UNSUPPORTED', 'the operation is unsupported');
  }
}

async function getManifest(
  { registry, method, message }: Call,
  repository: string,
  reference: string,
): Promise<Answer> {
  const facts = await registry.manifestFacts(repository, reference);
  const headers = {
    'Content-Type': facts.mediaType,
    'Docker-Content-Digest': facts.digest,
    ETag: `"${facts.digest}"`,
  };
  if (isKnown(message.headers['if-none-match'], facts.digest)) return { status: 304, headers };
  if (method === 'HEAD') return { status: 200, headers: { ...headers, 'Content-Length': facts.size } };
  const { bytes } = await registry.manifest(repository, facts.digest);
  return { status: 200, headers: { ...headers, 'Content-Length': bytes.length }, body: bytes };
}

async function putManifest(call: Call, repository: string, reference: string): Promise<Answer> {
  const { registry, message, query } = call;
  const isDigest = reference.includes(':');
  const tags = isDigest ? query.getAll('tag') : [reference];
  if (tags.length > TAGS_MAX) throw refusal('TAG_INVALID', `${tags.length} tags, at most ${TAGS_MAX} are accepted`);
  const wrong = tags.find((tag) => !isTagName(tag));
  if (wrong !== undefined) throw refusal('TAG_INVALID', 'invalid tag name', { tag: wrong });
  const bytes = await readDocument(message);
  const kept = await registry.putManifest(repository, {
    bytes,
    mediaType: mediaTypeOf(message, bytes),
    algorithm: algorithmFor(isDigest ? reference : (query.get('digest') ?? '')),
    digest: isDigest ? reference : (query.get('digest') ?? undefined),
    tags,
  });
  return empty(201, {
    Location: `/v2/${repository}/manifests/${kept.digest}`,
    'Docker-Content-Digest': kept.digest,
    ...(kept.subject === undefined ? {} : { 'OCI-Subject': kept.subject }),
    ...(isDigest && tags.length > 0 ? { 'OCI-Tag': tags.join(', ') } : {}),
  });
}

function algorithmFor(digest: string): DigestAlgorithm {
  if (digest === '') return 'sha256';
  const algorithm = algorithmOf(digest);
  if (algorithm === undefined) throw refusal('DIGEST_INVALID', 'invalid digest', { digest });
  return algorithm;
}

/** A client that says nothing is taken at the document's own word. */
function mediaTypeOf(message: IncomingMessage, bytes: Buffer): string {
  const sent = (message.headers['content-type'] ?? '').split(';')[0]!.trim();
  if (sent !== '') return sent;
  try {
    const document = JSON.parse(bytes.toString()) as { mediaType?: unknown } | null;
    if (typeof document?.mediaType === 'string' && document.mediaType !== '') return document.mediaType;
  } catch {
    throw refusal('MANIFEST_INVALID', 'manifest invalid: not valid JSON');
  }
  return OCI_MANIFEST;
}

async function readDocument(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > DOCUMENT_BYTES_MAX) break;
    pieces.push(piece);
  }
  if (size > DOCUMENT_BYTES_MAX) throw refusal('TOO_LARGE', `a manifest may have ${DOCUMENT_BYTES_MAX} bytes at most`);
  return Buffer.concat(pieces);
}
