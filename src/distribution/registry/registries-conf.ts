import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { BerthError, isErrno, messageOf } from '#base/errors.ts';
import { asArray, asObject, asOptionalString, asString, type JsonObject } from '#spec/oci-image/json-checks.ts';

/** One `[[registry]]` of `registries.conf` (containers-registries.conf(5), version 2). */
export interface RegistryRule {
  /** Names that begin with it are meant; `*.example.com` means all below a domain. */
  readonly prefix: string;
  /** What the prefix is replaced by. */
  readonly location: string;
  readonly insecure: boolean;
  readonly blocked: boolean;
  readonly mirrors: readonly MirrorRule[];
}

export interface MirrorRule {
  readonly location: string;
  readonly insecure: boolean;
  readonly use: 'all' | 'digest-only' | 'tag-only';
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the rules of the first configuration there is: `CONTAINERS_REGISTRIES_CONF`, the user's, the machine's; files of the
 * `.d` folder beside it replace rules of the same prefix.
 *
 * @throws invalid for a file that is no such configuration
 */
export function readRegistriesConf(env: Environment): RegistryRule[] {
  const forced = env['CONTAINERS_REGISTRIES_CONF'];
  const candidates = forced
    ? [forced]
    : [join(env['HOME'] ?? homedir(), '.config/containers/registries.conf'), '/etc/containers/registries.conf'];
  for (const path of candidates) {
    const rules = readFile(path, forced !== undefined);
    if (rules === undefined) continue;
    const byPrefix = new Map(rules.map((rule) => [rule.prefix, rule]));
    for (const extra of dropIns(`${path}.d`)) {
      for (const rule of readFile(extra, false) ?? []) byPrefix.set(rule.prefix, rule);
    }
    return [...byPrefix.values()];
  }
  return [];
}

function dropIns(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.conf'))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

function readFile(path: string, isNeeded: boolean): RegistryRule[] | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (!isNeeded && isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
  try {
    return parseRegistriesConf(text);
  } catch (error) {
    throw new BerthError('invalid', 'registries-conf.invalid', `${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** The rules of a configuration's text. @throws invalid naming the member that is wrong */
export function parseRegistriesConf(text: string): RegistryRule[] {
  const document = parse(text) as JsonObject;
  if (document['registries'] !== undefined)
    throw new BerthError(
      'unsupported',
      'registries-conf.v1',
      'version 1 of registries.conf ([registries.search] and its like) is not supported',
    );
  return asArray(document['registry'] ?? [], 'registry').map((item) => toRule(asObject(item, 'registry')));
}

function toRule(item: JsonObject): RegistryRule {
  const location = asOptionalString(item['location'], 'registry.location');
  const prefix = asOptionalString(item['prefix'], 'registry.prefix') || location;
  if (!prefix) throw new BerthError('invalid', 'registries-conf.prefix', 'a registry needs a location or a prefix');
  const mirrorsByDigest = asFlag(item['mirror-by-digest-only'], 'registry.mirror-by-digest-only');
  return {
    prefix,
    location: location || prefix,
    insecure: asFlag(item['insecure'], 'registry.insecure'),
    blocked: asFlag(item['blocked'], 'registry.blocked'),
    mirrors: asArray(item['mirror'] ?? [], 'registry.mirror').map((mirror) =>
      toMirror(asObject(mirror, 'registry.mirror'), mirrorsByDigest),
    ),
  };
}

function toMirror(item: JsonObject, byDigest: boolean): MirrorRule {
  const what = 'registry.mirror.pull-from-mirror';
  const use = asOptionalString(item['pull-from-mirror'], what) ?? (byDigest ? 'digest-only' : 'all');
  if (use !== 'all' && use !== 'digest-only' && use !== 'tag-only')
    throw new BerthError(
      'invalid',
      'registries-conf.mirror',
      `${what}: ${JSON.stringify(use)} is none of all, digest-only, tag-only`,
    );
  return {
    location: asString(item['location'], 'registry.mirror.location'),
    insecure: asFlag(item['insecure'], 'registry.mirror.insecure'),
    use,
  };
}

function asFlag(value: unknown, what: string): boolean {
  if (value === undefined) return false;
  if (typeof value !== 'boolean') throw new BerthError('invalid', 'registries-conf.flag', `${what}: not true or false`);
  return value;
}

/** The rule with the longest prefix that a full name (`host/path`) has, undefined when there is none. */
export function ruleFor(rules: readonly RegistryRule[], name: string): RegistryRule | undefined {
  return rules.filter(({ prefix }) => hasPrefix(name, prefix)).sort((a, b) => b.prefix.length - a.prefix.length)[0];
}

/** A name with the rule's prefix replaced. */
export function relocate(name: string, prefix: string, location: string): string {
  if (prefix.startsWith('*.')) return location === prefix ? name : location + name.slice(name.indexOf('/'));
  return location + name.slice(prefix.length);
}

function hasPrefix(name: string, prefix: string): boolean {
  if (prefix.startsWith('*.')) return name.slice(0, name.indexOf('/')).endsWith(prefix.slice(1));
  return name === prefix || name.startsWith(`${prefix}/`);
}
