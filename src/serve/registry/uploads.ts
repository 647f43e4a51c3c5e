import type { IncomingMessage } from 'node:http';
import { algorithmOf } from '#spec/distribution/names.ts';
import { parseContentRange } from './byte-range.ts';
import { type Answer, type Call, empty } from './exchange.ts';
import { refusal } from './refusal.ts';

/** `POST /v2/NAME/blobs/uploads/`: begins an upload, mounts a blob, or takes all of one. */
export async function beginUpload(call: Call, repository: string): Promise<Answer> {
  const { registry, query, method, message } = call;
  if (method !== 'POST') throw refusal('UNSUPPORTED', 'the operation is unsupported');
  const mount = query.get('mount');
  if (mount !== null) {
    const mounted = await mountBlob(call, repository, mount);
    if (mounted !== undefined) return mounted;
  }
  checkAlgorithm(query.get('digest-algorithm'));
  const digest = query.get('digest');
  if (digest === null || mount !== null) {
    message.resume();
    return progress(202, repository, registry.uploads.begin(repository), 0);
  }
  checkDigest(digest);
  const id = registry.uploads.begin(repository);
  try {
    await registry.uploads.append(repository, id, bytesOf(message), 0);
    return kept(repository, (await registry.uploads.finish(repository, id, digest)).digest);
  } catch (error) {
    // Nobody knows the id: nobody can go on with it.
    await registry.uploads.cancel(repository, id).catch(() => {});
    throw error;
  }
}

/** Without `from`, any repository will do from which who asks may pull; it is not told which. */
async function mountBlob(call: Call, repository: string, digest: string): Promise<Answer | undefined> {
  checkDigest(digest);
  const from = call.query.get('from') ?? undefined;
  if (from === undefined ? !(await call.mayPull('*')) : !(await call.mayPull(from))) return undefined;
  const found = call.registry.mountBlob(repository, digest, from);
  if (found === undefined) return undefined;
  call.message.resume();
  return kept(repository, found.digest);
}

/** `/v2/NAME/blobs/uploads/ID` */
export async function answerUpload(call: Call, repository: string, id: string): Promise<Answer> {
  const { registry, method, message, query } = call;
  const { uploads } = registry;
  switch (method) {
    case 'GET':
    case 'HEAD':
      return progress(204, repository, id, await uploads.sizeOf(repository, id));
    case 'PATCH':
      return progress(202, repository, id, await append(call, repository, id));
    case 'PUT': {
      const digest = query.get('digest');
      if (digest === null) throw refusal('DIGEST_INVALID', 'the digest of the blob is missing');
      checkDigest(digest);
      if (hasBody(call)) await append(call, repository, id);
      else message.resume();
      return kept(repository, (await uploads.finish(repository, id, digest)).digest);
    }
    case 'DELETE':
      await uploads.cancel(repository, id);
      return empty(204);
    default:
      throw refusal('UNSUPPORTED', 'the operation is unsupported');
  }
}

async function append({ registry, message }: Call, repository: string, id: string): Promise<number> {
  const header = message.headers['content-range'];
  if (header === undefined) return await registry.uploads.append(repository, id, bytesOf(message));
  const range = parseContentRange(header);
  if (range === undefined) throw refusal('RANGE_INVALID', `invalid Content-Range ${JSON.stringify(header)}`);
  const length = message.headers['content-length'];
  if (length !== undefined && Number(length) !== range.last - range.first + 1)
    throw refusal('SIZE_INVALID', 'Content-Range and Content-Length do not agree');
  return await registry.uploads.append(repository, id, bytesOf(message), range.first);
}

/** Not to the end if it is refused before: then the connection must not break for that. */
function bytesOf(message: IncomingMessage): AsyncIterable<Uint8Array> {
  return message.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
}

function hasBody({ message }: Call): boolean {
  return message.headers['transfer-encoding'] !== undefined || Number(message.headers['content-length'] ?? 0) > 0;
}

function progress(status: number, repository: string, id: string, size: number): Answer {
  return empty(status, {
    Location: `/v2/${repository}/blobs/uploads/${id}`,
    // Docker's clients expect a range also where nothing has come.
    Range: `0-${Math.max(0, size - 1)}`,
    'Docker-Upload-UUID': id,
  });
}

function kept(repository: string, digest: string): Answer {
  return empty(201, { Location: `/v2/${repository}/blobs/${digest}`, 'Docker-Content-Digest': digest });
}

function checkDigest(digest: string): void {
  if (algorithmOf(digest) === undefined) throw refusal('DIGEST_INVALID', 'invalid digest', { digest });
}

function checkAlgorithm(name: string | null): void {
  if (name === null || name === 'sha256' || name === 'sha512') return;
  throw refusal('DIGEST_INVALID', 'unsupported digest algorithm', { algorithm: name });
}
