import { BerthError } from '#base/errors.ts';
import { parseReference, type Reference, withDefaultTag } from '#spec/reference.ts';

/** Where an image is copied from or to. */
export type Place =
  | { readonly kind: 'store'; readonly name: string }
  | { readonly kind: 'registry'; readonly reference: Reference }
  | {
      readonly kind: 'layout' | 'oci-archive' | 'docker-archive';
      readonly path: string;
      readonly tag: string | undefined;
    };

const FILES = { 'oci:': 'layout', 'oci-archive:': 'oci-archive', 'docker-archive:': 'docker-archive' } as const;

/**
 * Reads a place: a name in the local store, `docker://NAME` in a registry, `oci:FOLDER[:TAG]`, `oci-archive:FILE[:TAG]` or
 * `docker-archive:FILE[:NAME]`.
 *
 * @throws invalid in words that say what it can be
 */
export function parsePlace(text: string): Place {
  if (text.startsWith('docker://')) {
    return { kind: 'registry', reference: withDefaultTag(parseReference(text.slice('docker://'.length))) };
  }
  for (const [prefix, kind] of Object.entries(FILES)) {
    if (!text.startsWith(prefix)) continue;
    const rest = text.slice(prefix.length);
    const colon = rest.indexOf(':');
    const [path, tag] = colon < 0 ? [rest, undefined] : [rest.slice(0, colon), rest.slice(colon + 1)];
    if (!path.startsWith('/'))
      throw new BerthError('invalid', 'copy.path', `${prefix}${path}: the path must be absolute`);
    return { kind, path, tag: tag || undefined };
  }
  const [, scheme] = /^([a-z-]+):\/\//.exec(text) ?? [];
  if (scheme !== undefined) {
    const words = `${JSON.stringify(text)}: unknown kind of place; a name, docker://, oci:, oci-archive: and docker-archive: are known`;
    throw new BerthError('invalid', 'copy.place', words);
  }
  return { kind: 'store', name: text };
}
