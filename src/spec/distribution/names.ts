/** Names of the OCI distribution specification 1.1, "Pulling manifests", as a server has to check them. */

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const DIGESTS: Readonly<Record<string, RegExp>> = { sha256: /^[a-f0-9]{64}$/, sha512: /^[a-f0-9]{128}$/ };
/** Longest name of a repository, characters; clients put a host before it and stop at 255. */
const REPOSITORY_MAX = 255;

export type DigestAlgorithm = 'sha256' | 'sha512';

export function isRepositoryName(text: string): boolean {
  return text.length <= REPOSITORY_MAX && REPOSITORY.test(text);
}

export function isTagName(text: string): boolean {
  return TAG.test(text);
}

/** The algorithm of a digest that this program can verify; undefined for anything else. */
export function algorithmOf(digest: string): DigestAlgorithm | undefined {
  const colon = digest.indexOf(':');
  const algorithm = digest.slice(0, colon);
  const isKnown = Object.hasOwn(DIGESTS, algorithm) && DIGESTS[algorithm]!.test(digest.slice(colon + 1));
  return isKnown ? (algorithm as DigestAlgorithm) : undefined;
}
