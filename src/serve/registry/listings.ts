import type { ManifestRecord, Page, PageQuery } from '#engine/registry/api.ts';
import { OCI_INDEX } from '#spec/oci-image/media-types.ts';
import { type Answer, type Call, json } from './exchange.ts';
import { refusal } from './refusal.ts';

/** Names of a page where the client names no number, and most of them where it does. */
const PAGE_MAX = 10_000;

/** `GET /v2/NAME/tags/list` */
export async function listTags(call: Call, repository: string): Promise<Answer> {
  onlyGet(call);
  const query = pageOf(call);
  const page = await call.registry.tags(repository, query);
  return json(200, { name: repository, tags: page.names }, linkOf(`/v2/${repository}/tags/list`, query, page));
}

/** `GET /v2/_catalog` */
export function listRepositories(call: Call): Answer {
  onlyGet(call);
  const query = pageOf(call);
  const page = call.registry.repositories(query);
  return json(200, { repositories: page.names }, linkOf('/v2/_catalog', query, page));
}

/** `GET /v2/NAME/referrers/DIGEST` */
export function listReferrers(call: Call, repository: string, digest: string): Answer {
  onlyGet(call);
  const artifactType = call.query.get('artifactType') ?? undefined;
  const manifests = call.registry.referrers(repository, digest, artifactType).map(descriptorOf);
  return json(
    200,
    { schemaVersion: 2, mediaType: OCI_INDEX, manifests },
    {
      'Content-Type': OCI_INDEX,
      ...(artifactType === undefined ? {} : { 'OCI-Filters-Applied': 'artifactType' }),
    },
  );
}

function descriptorOf({ mediaType, digest, size, artifactType, annotations }: ManifestRecord) {
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

function onlyGet({ method }: Call): void {
  if (method !== 'GET' && method !== 'HEAD') throw refusal('UNSUPPORTED', 'the operation is unsupported');
}

function pageOf({ query }: Call): PageQuery {
  const after = query.get('last') ?? '';
  const text = query.get('n');
  if (text === null) return { limit: PAGE_MAX, after };
  if (!/^\d{1,15}$/.test(text))
    throw refusal('PAGINATION_NUMBER_INVALID', 'invalid number of results requested', { n: text });
  return { limit: Math.min(Number(text), PAGE_MAX), after };
}

function linkOf(path: string, { limit }: PageQuery, { names, hasMore }: Page): Record<string, string> {
  const last = names.at(-1);
  if (!hasMore || last === undefined) return {};
  const query = new URLSearchParams({ last, n: String(limit) });
  return { Link: `<${path}?${query}>; rel="next"` };
}
