import { BerthError, messageOf } from '#base/errors.ts';
import {
  absolutePath,
  type Check,
  flag,
  integer,
  invalidConfig,
  list,
  nonEmpty,
  object,
  record,
  text,
  textLike,
} from './check.ts';
import type { Hook, Hooks, LinuxResources, Mount, OciConfig, Process, Root } from './config.ts';
import { idMappings, linuxSection } from './parse-linux.ts';
import { processSection } from './parse-process.ts';
import { resourcesSection } from './parse-resources.ts';

const SEMVER = /^(\d+)\.(\d+)\.(\d+)(?:[-+][0-9A-Za-z.+-]*)?$/;

const mount = object<Mount>(
  {
    destination: nonEmpty,
    type: text,
    source: text,
    options: list(text),
    uidMappings: idMappings,
    gidMappings: idMappings,
  },
  ['destination'],
);

const hook = object<Hook>({ path: absolutePath, args: list(text), env: list(text), timeout: integer(1, 2 ** 31) }, [
  'path',
]);

const config = object<OciConfig>(
  {
    ociVersion: textLike((value) => SEMVER.test(value), 'a version such as 1.2.0'),
    process: processSection,
    root: object<Root>({ path: nonEmpty, readonly: flag }, ['path']),
    hostname: text,
    domainname: text,
    mounts: list(mount),
    hooks: object<Hooks>({
      prestart: list(hook),
      createRuntime: list(hook),
      createContainer: list(hook),
      startContainer: list(hook),
      poststart: list(hook),
      poststop: list(hook),
    }),
    annotations: record(text),
    linux: linuxSection,
  },
  ['ociVersion'],
);

/**
 * Checks an OCI config.json.
 *
 * @param value a parsed JSON document, see {@link parseJsonExactly} for one that keeps 64-bit numbers
 * @returns a copy that holds only what the specification names
 * @throws BerthError `invalid` that names the JSON path of the first wrong value
 */
export function parseOciConfig(value: unknown): OciConfig {
  const parsed = config(value, '');
  const major = Number(SEMVER.exec(parsed.ociVersion)?.[1]);
  if (major !== 1) throw invalidConfig('ociVersion', `version ${parsed.ociVersion} is not supported, only 1.x is`);
  if (typeof value === 'object' && value !== null && 'vm' in value) {
    throw new BerthError(
      'unsupported',
      'oci-config.unsupported',
      'config.json: vm: virtual machines are not supported',
    );
  }
  return parsed;
}

/**
 * Checks a process document as `exec --process` takes it.
 * @throws BerthError `invalid` that names the JSON path
 */
export function parseProcess(value: unknown): Process {
  return (processSection satisfies Check<Process>)(value, 'process');
}

/**
 * Checks a resources document as `update --resources` takes it.
 * @throws BerthError `invalid` that names the JSON path
 */
export function parseResources(value: unknown): LinuxResources {
  return resourcesSection(value, 'resources');
}

/** `JSON.parse` whose integers beyond 2^53 become `bigint`, so that no digit is lost (seccomp masks, rlimits). */
export function parseJsonExactly(json: string): unknown {
  try {
    return /\d{16}/.test(json) ? JSON.parse(json, exactNumber) : JSON.parse(json);
  } catch (error) {
    throw new BerthError('invalid', 'json.invalid', `not valid JSON: ${messageOf(error)}`, { cause: error });
  }
}

function exactNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}
