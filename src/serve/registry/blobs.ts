import { parseRange } from './byte-range.ts';
import { type Answer, type Call, empty } from './exchange.ts';
import { refusal } from './refusal.ts';

/** `/v2/NAME/blobs/DIGEST` */
export async function answerBlob(call: Call, repository: string, digest: string): Promise<Answer> {
  const { registry, method, message } = call;
  if (method === 'DELETE') {
    registry.deleteBlob(repository, digest);
    return empty(202, { 'Docker-Content-Digest': digest });
  }
  if (method !== 'GET' && method !== 'HEAD') throw refusal('UNSUPPORTED', 'the operation is unsupported');
  const { size } = await registry.blob(repository, digest);
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Docker-Content-Digest': digest,
    ETag: `"${digest}"`,
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'max-age=31536000',
  };
  if (isKnown(message.headers['if-none-match'], digest)) return { status: 304, headers };
  const ifRange = message.headers['if-range'];
  const isSame = ifRange === undefined || ifRange === `"${digest}"`;
  const range = parseRange(isSame ? message.headers.range : undefined, size);
  if (range === 'none') {
    const error = refusal('RANGE_INVALID', 'the requested range is not in the blob', { size });
    call.message.resume();
    throw error;
  }
  if (range === 'all') {
    const whole = { ...headers, 'Content-Length': size };
    if (method === 'HEAD' || size === 0) return { status: 200, headers: whole };
    return { status: 200, headers: whole, body: await registry.openBlob(repository, digest) };
  }
  const part = {
    ...headers,
    'Content-Length': range.last - range.first + 1,
    'Content-Range': `bytes ${range.first}-${range.last}/${size}`,
  };
  if (method === 'HEAD') return { status: 206, headers: part };
  return { status: 206, headers: part, body: await registry.openBlob(repository, digest, range) };
}

/** Whether a client has what it asks for (RFC 9110, section 13.1.2). */
export function isKnown(ifNoneMatch: string | undefined, digest: string): boolean {
  return (ifNoneMatch ?? '').split(',').some((tag) => tag.trim().replace(/^W\//, '') === `"${digest}"`);
}
