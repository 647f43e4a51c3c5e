import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { BerthError } from '#base/errors.ts';
import type { Gate, Wish } from './access.ts';

/** Docker's "token authentication specification": a server elsewhere says who may do what, signed. */
export interface TokenGateOptions {
  /** URL of the token server, for clients. */
  readonly realm: string;
  /** Name of this registry: the audience of tokens. */
  readonly service: string;
  readonly issuer: string;
  /** Public keys and certificates, PEM. */
  readonly keys: string;
}

const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** Difference between two clocks that is borne with, seconds. */
const CLOCK_TOLERANCE_S = 60;
const PEM = /-----BEGIN ([A-Z ]+)-----[\s\S]+?-----END \1-----/g;

/** @throws invalid when there is no key */
export function readKeys(pem: string): { keys: KeyObject[]; roots: X509Certificate[] } {
  const keys: KeyObject[] = [];
  const roots: X509Certificate[] = [];
  for (const [block, kind = ''] of pem.matchAll(PEM)) {
    if (kind.endsWith('PRIVATE KEY'))
      throw new BerthError('invalid', 'registry.token-key', 'the file with keys of tokens has a private key');
    if (kind !== 'CERTIFICATE') keys.push(createPublicKey(block));
    else {
      const root = new X509Certificate(block);
      roots.push(root);
      keys.push(root.publicKey);
    }
  }
  if (keys.length === 0)
    throw new BerthError('invalid', 'registry.token-key', 'the file with keys of tokens has none in PEM');
  return { keys, roots };
}

/** Lets in who brings a token of the token server. */
export function openTokenGate({ realm, service, issuer, keys: pem }: TokenGateOptions): Gate {
  const { keys, roots } = readKeys(pem);
  return {
    async check(authorization, wish) {
      const scope = scopeOf(wish);
      const base = `Bearer realm="${realm}",service="${service}"${scope === undefined ? '' : `,scope="${scope}"`}`;
      const token = /^bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
      if (token === undefined) return { kind: 'unauthorized', challenge: base };
      const access = await verify(token, { issuer, service, keys, roots });
      if (access === undefined) return { kind: 'unauthorized', challenge: `${base},error="invalid_token"` };
      if (isGranted(access, wish)) return undefined;
      // 401, not 403: a client gets itself a token with more in it.
      return { kind: 'unauthorized', challenge: `${base},error="insufficient_scope"` };
    },
  };
}

interface Grant {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

async function verify(
  token: string,
  to: { issuer: string; service: string; keys: readonly KeyObject[]; roots: readonly X509Certificate[] },
): Promise<readonly Grant[] | undefined> {
  const { decodeProtectedHeader, jwtVerify } = await import('jose');
  const options = {
    issuer: to.issuer,
    audience: to.service,
    algorithms: ALGORITHMS,
    clockTolerance: CLOCK_TOLERANCE_S,
    requiredClaims: ['exp'],
  };
  let chain: unknown;
  try {
    chain = decodeProtectedHeader(token).x5c;
  } catch {
    return undefined;
  }
  const candidates = chain === undefined ? to.keys : leafKey(chain, to.roots);
  for (const key of candidates) {
    try {
      const { payload } = await jwtVerify(token, key, options);
      return grantsOf(payload['access']);
    } catch {
      // Another key may fit.
    }
  }
  return undefined;
}

/** The key of the first certificate, when each is issued by the next and the last by one that is trusted. */
export function leafKey(chain: unknown, roots: readonly X509Certificate[], now = new Date()): KeyObject[] {
  if (!Array.isArray(chain) || chain.length === 0 || chain.length > 8) return [];
  let certificates: X509Certificate[];
  try {
    certificates = chain.map((text) => new X509Certificate(Buffer.from(String(text), 'base64')));
  } catch {
    return [];
  }
  const isValid = certificates.every((one) => new Date(one.validFrom) <= now && now <= new Date(one.validTo));
  const isIssued = certificates.slice(0, -1).every((one, i) => {
    const next = certificates[i + 1]!;
    return next.ca && one.checkIssued(next) && one.verify(next.publicKey);
  });
  const last = certificates.at(-1)!;
  const isTrusted = roots.some(
    (root) =>
      root.fingerprint256 === last.fingerprint256 || (root.ca && last.checkIssued(root) && last.verify(root.publicKey)),
  );
  return isValid && isIssued && isTrusted ? [certificates[0]!.publicKey] : [];
}

function grantsOf(access: unknown): Grant[] {
  if (!Array.isArray(access)) return [];
  return access.filter((each): each is Grant => {
    const grant = each as Partial<Grant> | null;
    return typeof grant?.type === 'string' && typeof grant.name === 'string' && Array.isArray(grant.actions);
  });
}

function isGranted(access: readonly Grant[], { repository, action }: Wish): boolean {
  if (action === 'none') return true;
  const [type, name, needed] =
    repository === undefined ? ['registry', 'catalog', '*'] : ['repository', repository, action];
  return access.some(
    (grant) =>
      grant.type === type && grant.name === name && (grant.actions.includes(needed) || grant.actions.includes('*')),
  );
}

function scopeOf({ repository, action }: Wish): string | undefined {
  if (action === 'none') return undefined;
  if (repository === undefined) return 'registry:catalog:*';
  return `repository:${repository}:${action === 'push' ? 'pull,push' : action}`;
}
