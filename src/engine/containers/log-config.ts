import { BerthError } from '#base/errors.ts';
import { parseSize } from '#base/units.ts';
import type { LogConfig } from '#spec/docker-api/containers.ts';

/** How a json-file log is kept. Unless said otherwise a container may fill 5 files of 10 MB. */
export interface JsonFileOptions {
  /** Bytes per file, or undefined for no bound. */
  readonly maxSize: number | undefined;
  readonly maxFiles: number;
  readonly compress: boolean;
}

const DEFAULT_MAX_SIZE = 10_000_000;
const DEFAULT_MAX_FILES = 5;

/** Drivers of Docker that send logs elsewhere. */
const FOREIGN = ['local', 'syslog', 'journald', 'gelf', 'fluentd', 'awslogs', 'splunk', 'etwlogs', 'gcplogs'];
const JSON_FILE_OPTIONS = [
  'max-size',
  'max-file',
  'compress',
  'labels',
  'labels-regex',
  'env',
  'env-regex',
  'tag',
  'mode',
  'max-buffer-size',
];

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'log-opt.invalid', message);
}

/**
 * Checks a log driver and its options.
 *
 * @throws invalid for an unknown driver or option, with Docker's words; unsupported for one that Berth does not have
 */
export function checkLogConfig(log: LogConfig): void {
  if (log.Type === 'none') {
    const [first] = Object.keys(log.Config);
    if (first !== undefined) throw invalid(`unknown log opt '${first}' for none log driver`);
    return;
  }
  if (FOREIGN.includes(log.Type)) {
    throw new BerthError(
      'unsupported',
      'log-driver',
      `log driver '${log.Type}' is not supported; use json-file or none`,
    );
  }
  if (log.Type !== 'json-file') throw invalid(`logger: no log driver named '${log.Type}' is registered`);
  for (const name of Object.keys(log.Config)) {
    if (!JSON_FILE_OPTIONS.includes(name)) throw invalid(`unknown log opt '${name}' for json-file log driver`);
  }
  const mode = log.Config['mode'] ?? 'blocking';
  if (mode === 'non-blocking' || 'max-buffer-size' in log.Config) {
    throw new BerthError('unsupported', 'log-opt.mode', "log opt 'mode=non-blocking' is not supported");
  }
  if (mode !== 'blocking') throw invalid(`logger: logging mode not supported: ${mode}`);
  jsonFileOptions(log);
}

/** The numbers of a json-file configuration. */
export function jsonFileOptions(log: LogConfig): JsonFileOptions {
  const { 'max-size': size, 'max-file': files, compress } = log.Config;
  const maxSize = size === undefined ? DEFAULT_MAX_SIZE : size === '-1' ? undefined : parseSize(size, 1000);
  if (maxSize !== undefined && (Number.isNaN(maxSize) || maxSize <= 0)) {
    throw invalid(`invalid value for max-size: ${size}`);
  }
  const maxFiles = files === undefined ? DEFAULT_MAX_FILES : Number(files);
  if (!Number.isInteger(maxFiles)) throw invalid(`invalid value for max-file: ${files}`);
  if (maxFiles < 1) throw invalid('max-file cannot be less than 1');
  if (compress !== undefined && !['true', 'false', '1', '0'].includes(compress)) {
    throw invalid(`invalid value for compress: ${compress}`);
  }
  const compressed = compress === 'true' || compress === '1';
  if (compressed && (maxFiles < 2 || maxSize === undefined)) {
    throw invalid('compress cannot be true when max-file is less than 2 or max-size is not set');
  }
  return { maxSize, maxFiles, compress: compressed };
}

/**
 * The attributes that are written with every line: the labels and variables that the options name, and the tag.
 * A tag may use `{{.ID}}`, `{{.Name}}`, `{{.ImageName}}`, `{{.FullID}}`.
 */
export function logAttributes(
  log: LogConfig,
  container: {
    readonly id: string;
    readonly name: string;
    readonly image: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly env: readonly string[];
  },
): Record<string, string> {
  const attributes: Record<string, string> = {};
  const names = (option: string) => (log.Config[option] ?? '').split(',').filter((name) => name !== '');
  const pattern = (option: string) => {
    const text = log.Config[option];
    return text === undefined || text === '' ? undefined : new RegExp(text);
  };
  const labels = names('labels');
  const labelPattern = pattern('labels-regex');
  for (const [name, value] of Object.entries(container.labels)) {
    if (labels.includes(name) || labelPattern?.test(name)) attributes[name] = value;
  }
  const variables = names('env');
  const envPattern = pattern('env-regex');
  for (const entry of container.env) {
    const equals = entry.indexOf('=');
    if (equals < 0) continue;
    const name = entry.slice(0, equals);
    if (variables.includes(name) || envPattern?.test(name)) attributes[name] = entry.slice(equals + 1);
  }
  const tag = log.Config['tag'];
  if (tag !== undefined && tag !== '') attributes['tag'] = expandTag(tag, container);
  return attributes;
}

function expandTag(tag: string, container: { id: string; name: string; image: string }): string {
  const fields: Record<string, string> = {
    ID: container.id.slice(0, 12),
    FullID: container.id,
    Name: container.name,
    ImageName: container.image,
  };
  return tag.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (whole, field: string) => fields[field] ?? whole);
}
