import { algorithmOf, isRepositoryName, isTagName } from '#spec/distribution/names.ts';
import { refusal } from './refusal.ts';

/** What a path of the OCI distribution specification 1.1 names ("Endpoints"). */
export type Route =
  | { readonly kind: 'base' | 'catalog' }
  | { readonly kind: 'tags' | 'begin-upload'; readonly repository: string }
  | { readonly kind: 'blob' | 'referrers'; readonly repository: string; readonly digest: string }
  | { readonly kind: 'upload'; readonly repository: string; readonly id: string }
  | { readonly kind: 'manifest'; readonly repository: string; readonly reference: string };

const PATTERNS: readonly { readonly kind: Route['kind']; readonly pattern: RegExp }[] = [
  { kind: 'begin-upload', pattern: /^(.+)\/blobs\/uploads\/?$/ },
  { kind: 'upload', pattern: /^(.+)\/blobs\/uploads\/([^/]+)$/ },
  { kind: 'blob', pattern: /^(.+)\/blobs\/([^/]+)$/ },
  { kind: 'manifest', pattern: /^(.+)\/manifests\/([^/]+)$/ },
  { kind: 'referrers', pattern: /^(.+)\/referrers\/([^/]+)$/ },
  { kind: 'tags', pattern: /^(.+)\/tags\/list$/ },
];

/** Ids of uploads are this server's own. */
const UPLOAD_ID = /^[a-f0-9]{64}$/;

/**
 * @param path of a request, as it was sent
 * @returns undefined when the specification knows no such path
 * @throws invalid when a name or a digest in it is none
 */
export function parseRoute(path: string): Route | undefined {
  if (path === '/v2' || path === '/v2/') return { kind: 'base' };
  if (!path.startsWith('/v2/')) return undefined;
  if (path === '/v2/_catalog') return { kind: 'catalog' };
  let rest: string;
  try {
    rest = decodeURIComponent(path.slice('/v2/'.length));
  } catch {
    return undefined;
  }
  for (const { kind, pattern } of PATTERNS) {
    const match = pattern.exec(rest);
    if (match !== null) return routeOf(kind, match[1]!, match[2] ?? '');
  }
  return undefined;
}

function routeOf(kind: Route['kind'], repository: string, last: string): Route {
  if (!isRepositoryName(repository)) throw refusal('NAME_INVALID', 'invalid repository name', { name: repository });
  switch (kind) {
    case 'blob':
    case 'referrers':
      if (algorithmOf(last) === undefined) throw refusal('DIGEST_INVALID', 'invalid digest', { digest: last });
      return { kind, repository, digest: last };
    case 'manifest':
      if (last.includes(':')) {
        if (algorithmOf(last) === undefined) throw refusal('DIGEST_INVALID', 'invalid digest', { digest: last });
      } else if (!isTagName(last)) throw refusal('TAG_INVALID', 'invalid tag name', { tag: last });
      return { kind, repository, reference: last };
    case 'upload':
      if (!UPLOAD_ID.test(last)) throw refusal('BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
      return { kind, repository, id: last };
    case 'tags':
    case 'begin-upload':
      return { kind, repository };
    default:
      throw new Error(`no such route: ${kind}`);
  }
}
