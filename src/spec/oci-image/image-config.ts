import { BerthError } from '#base/errors.ts';
import type { ImageRunConfig } from '../docker-api/images.ts';
import { asArray, asObject, asOptionalString, asString, invalidDocument, parseJsonObject } from './json-checks.ts';
import { LAYERS_MAX } from './limits.ts';

/** One step of an image's making (OCI image specification, "config.md"). */
export interface HistoryEntry {
  readonly created?: string;
  readonly author?: string;
  readonly created_by?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

/** An image's configuration document. Its digest is the image's id, so the bytes are kept as they came. */
export interface ImageConfig {
  readonly created?: string;
  readonly author?: string;
  readonly architecture: string;
  readonly os: string;
  readonly 'os.version'?: string;
  readonly variant?: string;
  readonly config?: ImageRunConfig;
  readonly rootfs: { readonly type: string; readonly diff_ids: readonly string[] };
  readonly history?: readonly HistoryEntry[];
  readonly comment?: string;
  readonly docker_version?: string;
}

/**
 * Checks an image's configuration.
 *
 * @throws invalid naming the member that is wrong
 */
export function parseImageConfig(text: string): ImageConfig {
  const what = 'image configuration';
  const document = parseJsonObject(text, what);
  const rootfs = asObject(document['rootfs'], `${what}: rootfs`);
  const diffIds = asArray(rootfs['diff_ids'] ?? [], `${what}: rootfs.diff_ids`);
  if (diffIds.length > LAYERS_MAX) {
    throw new BerthError(
      'invalid',
      'image.too-many-layers',
      `${what}: ${diffIds.length} layers, at most ${LAYERS_MAX} are accepted`,
    );
  }
  for (const id of diffIds) {
    if (!/^sha256:[a-f0-9]{64}$/.test(asString(id, `${what}: rootfs.diff_ids`))) {
      throw invalidDocument(`${what}: rootfs.diff_ids: ${JSON.stringify(id)} is no sha256 digest`);
    }
  }
  asOptionalString(document['architecture'], `${what}: architecture`);
  asOptionalString(document['os'], `${what}: os`);
  asOptionalString(document['created'], `${what}: created`);
  if (document['config'] !== undefined && document['config'] !== null)
    checkRunConfig(document['config'], `${what}: config`);
  if (document['history'] !== undefined && document['history'] !== null) {
    for (const entry of asArray(document['history'], `${what}: history`)) asObject(entry, `${what}: history`);
  }
  const checked = { ...withoutNulls(document), rootfs: { ...rootfs, diff_ids: diffIds } };
  return { architecture: '', os: 'linux', ...checked } as unknown as ImageConfig;
}

function checkRunConfig(value: unknown, what: string): void {
  const config = asObject(value, what);
  for (const key of ['Env', 'Entrypoint', 'Cmd', 'OnBuild', 'Shell']) {
    const list = config[key];
    if (list === undefined || list === null) continue;
    for (const item of asArray(list, `${what}.${key}`)) asString(item, `${what}.${key}`);
  }
  for (const key of ['User', 'WorkingDir', 'StopSignal']) asOptionalString(config[key] ?? undefined, `${what}.${key}`);
  for (const key of ['Labels', 'Volumes', 'ExposedPorts', 'Healthcheck']) {
    if (config[key] !== undefined && config[key] !== null) asObject(config[key], `${what}.${key}`);
  }
}

/** Go programs write null for what is not there. */
function withoutNulls(document: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== null));
}
