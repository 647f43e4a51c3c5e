import { BerthError } from '#base/errors.ts';
import { DEFAULT_DOMAIN, fullName, type Reference } from '#spec/reference.ts';
import { isInRange, isLoopbackHost } from '../http/proxy.ts';
import { type RegistryRule, relocate, ruleFor } from './registries-conf.ts';

/** A place where a repository can be had. */
export interface Endpoint {
  /** `HOST[:PORT]` */
  readonly host: string;
  /** The repository there. */
  readonly path: string;
  /** Certificates are not checked, and plain HTTP will do where HTTPS is not spoken. */
  readonly insecure: boolean;
  readonly isMirror: boolean;
  /** Plain HTTP only, as a mirror's URL says. */
  readonly plain?: boolean;
}

/** What the machine's configuration says about registries. */
export interface RegistrySettings {
  readonly rules: readonly RegistryRule[];
  /** URLs of mirrors of Docker's own registry. */
  readonly mirrors: readonly string[];
  /** `HOST[:PORT]` or ranges of addresses of registries with plain HTTP or with certificates that cannot be checked. */
  readonly insecure: readonly string[];
}

const DOCKER_HOST = 'registry-1.docker.io';

/**
 * Where to pull an image from: its mirrors in their order, then its own registry.
 *
 * @throws forbidden for a registry that the configuration blocks
 */
export function pullEndpoints(reference: Reference, settings: RegistrySettings): Endpoint[] {
  const name = fullName(reference);
  const rule = ruleFor(settings.rules, name);
  const mirrors = (rule?.mirrors ?? [])
    .filter(({ use }) => use === 'all' || (use === 'digest-only') === (reference.digest !== undefined))
    .map((mirror) => endpointOf(relocate(name, rule!.prefix, mirror.location), mirror.insecure, true, settings));
  const hub = reference.domain === DEFAULT_DOMAIN ? settings.mirrors.map((url) => mirrorOf(url, reference)) : [];
  if (rule?.blocked && mirrors.length === 0) throw blocked(name, rule);
  return [...mirrors, ...hub, ...(rule?.blocked ? [] : [pushEndpoint(reference, settings)])];
}

/** The registry itself. @throws forbidden when the configuration blocks it */
export function pushEndpoint(reference: Reference, settings: RegistrySettings): Endpoint {
  const name = fullName(reference);
  const rule = ruleFor(settings.rules, name);
  if (rule?.blocked) throw blocked(name, rule);
  const place = rule === undefined ? name : relocate(name, rule.prefix, rule.location);
  return endpointOf(place, rule?.insecure ?? false, false, settings);
}

/** Where credentials are checked. @param server `HOST[:PORT]` or a URL; Docker's own registry under any of its names */
export function loginEndpoint(server: string, settings: RegistrySettings): Endpoint {
  const host = server.replace(/^https?:\/\//, '').split('/')[0]!;
  const isHub = ['', 'index.docker.io', DEFAULT_DOMAIN, DOCKER_HOST].includes(host);
  return endpointOf(isHub ? DEFAULT_DOMAIN : host, ruleFor(settings.rules, host)?.insecure ?? false, false, settings);
}

function endpointOf(name: string, insecure: boolean, isMirror: boolean, settings: RegistrySettings): Endpoint {
  const slash = name.indexOf('/');
  const domain = slash < 0 ? name : name.slice(0, slash);
  const host = domain === DEFAULT_DOMAIN ? DOCKER_HOST : domain;
  return {
    host,
    path: slash < 0 ? '' : name.slice(slash + 1),
    insecure: insecure || isInsecure(host, settings),
    isMirror,
  };
}

function mirrorOf(text: string, reference: Reference): Endpoint {
  const url = new URL(text);
  const prefix = url.pathname.replace(/^\/|\/$/g, '');
  const path = prefix === '' ? reference.path : `${prefix}/${reference.path}`;
  const isPlain = url.protocol === 'http:';
  return { host: url.host, path, insecure: isPlain, isMirror: true, ...(isPlain ? { plain: true } : {}) };
}

/** Whether plain HTTP and unknown certificates are accepted: of this machine always, as Docker does. */
export function isInsecure(host: string, { insecure }: Pick<RegistrySettings, 'insecure'>): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return isLoopbackHost(name) || insecure.some((entry) => entry === host || isInRange(entry, name));
}

function blocked(name: string, { prefix }: RegistryRule): BerthError {
  return new BerthError(
    'forbidden',
    'registry.blocked',
    `registry ${prefix} is blocked in registries.conf: cannot use ${name}`,
  );
}
