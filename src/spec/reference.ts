import { BerthError } from '#base/errors.ts';

/** The name of an image as Docker understands it, completed: `ubuntu` has domain `docker.io` and path `library/ubuntu`. */
export interface Reference {
  readonly domain: string;
  readonly path: string;
  readonly tag: string | undefined;
  /** `ALGORITHM:HEX` */
  readonly digest: string | undefined;
}

export const DEFAULT_DOMAIN = 'docker.io';
const LEGACY_DOMAIN = 'index.docker.io';
const OFFICIAL_PREFIX = 'library/';
export const DEFAULT_TAG = 'latest';
/** Longest name without tag and digest, characters. */
const NAME_MAX = 255;

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const DOMAIN_LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = `(?:${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})*|\\[(?:[a-fA-F0-9:]+)\\])(?::[0-9]+)?`;
const TAG = '[\\w][\\w.-]{0,127}';
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const REFERENCE = new RegExp(`^(${DOMAIN})/(${COMPONENT}(?:/${COMPONENT})*)(?::(${TAG}))?(?:@(${DIGEST}))?$`);
const HEX_ID = /^[a-f0-9]{64}$/;
const WHOLE_TAG = new RegExp(`^${TAG}$`);
const HEX_LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/**
 * Completes and checks the name of an image, as the reference grammar of Docker's distribution project says.
 *
 * @throws invalid with Docker's words ("invalid reference format")
 */
export function parseReference(text: string): Reference {
  if (HEX_ID.test(text)) {
    throw invalid(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  const { domain, rest } = splitDomain(text);
  const nameEnd = rest.search(/[:@]/);
  const name = nameEnd < 0 ? rest : rest.slice(0, nameEnd);
  if (name.toLowerCase() !== name) {
    throw invalid(`invalid reference format: repository name (${name}) must be lowercase`);
  }
  const match = REFERENCE.exec(`${domain}/${rest}`);
  if (match === null) throw invalid('invalid reference format');
  const [, , path = '', tag, digest] = match;
  if (`${domain}/${path}`.length > NAME_MAX) {
    throw invalid(`repository name must not be longer than ${NAME_MAX} characters`);
  }
  if (digest !== undefined) checkDigest(digest);
  return { domain, path, tag, digest };
}

/** A name, or the id that 64 hex digits or `sha256:HEX` are. */
export function parseReferenceOrId(text: string): Reference | { readonly id: string } {
  if (HEX_ID.test(text)) return { id: `sha256:${text}` };
  if (/^sha256:[a-f0-9]{64}$/.test(text)) return { id: text };
  return parseReference(text);
}

/** @throws invalid with Docker's words */
export function checkTag(tag: string): void {
  if (!WHOLE_TAG.test(tag)) throw invalid('invalid tag format');
}

/** @throws invalid when it is no `ALGORITHM:HEX` of a known algorithm */
export function checkDigest(digest: string): void {
  const [algorithm = '', hex = ''] = digest.split(':');
  const length = HEX_LENGTHS[algorithm];
  if (length === undefined) throw invalid('unsupported digest algorithm');
  if (hex.length !== length) throw invalid('invalid checksum digest length');
  if (!/^[a-f0-9]+$/.test(hex)) throw invalid('invalid checksum digest format');
}

/** With tag `latest` when it has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag !== undefined || reference.digest !== undefined ? reference : { ...reference, tag: DEFAULT_TAG };
}

/** `docker.io/library/ubuntu` */
export function fullName(reference: Reference): string {
  return `${reference.domain}/${reference.path}`;
}

/** `docker.io/library/ubuntu:22.04`, with what it has of tag and digest. */
export function formatReference(reference: Reference): string {
  return fullName(reference) + suffix(reference);
}

/** As people write it: `ubuntu`, `user/image`, `quay.io/x/y`. */
export function familiarName(reference: Reference): string {
  if (reference.domain !== DEFAULT_DOMAIN) return fullName(reference);
  const { path } = reference;
  const short = path.slice(OFFICIAL_PREFIX.length);
  return path.startsWith(OFFICIAL_PREFIX) && !short.includes('/') ? short : path;
}

/** {@link familiarName} with tag and digest. */
export function familiarReference(reference: Reference): string {
  return familiarName(reference) + suffix(reference);
}

function suffix({ tag, digest }: Reference): string {
  return (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
}

function splitDomain(text: string): { domain: string; rest: string } {
  const slash = text.indexOf('/');
  const first = text.slice(0, Math.max(slash, 0));
  const isDomain = slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first);
  let domain = isDomain ? first : DEFAULT_DOMAIN;
  let rest = isDomain ? text.slice(slash + 1) : text;
  if (domain === LEGACY_DOMAIN) domain = DEFAULT_DOMAIN;
  if (domain === DEFAULT_DOMAIN && !rest.includes('/')) rest = OFFICIAL_PREFIX + rest;
  return { domain, rest };
}

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'reference.invalid', message);
}
