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

/** The driver `local`, and what is kept here of logs that go elsewhere, so that `logs` can read them. */
const LOCAL_DEFAULTS = { 'max-size': '20m', 'max-file': '5', compress: 'true' };

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'log-opt.invalid', message);
}

/**
 * How the file of a driver is kept; `undefined` when it keeps none.
 *
 * @throws invalid for values that mean nothing, with Docker's words
 */
export function logFileOptions(log: LogConfig): JsonFileOptions | undefined {
  switch (log.Type) {
    case 'none':
      return undefined;
    case 'json-file':
      return jsonFileOptions(log);
    case 'local':
      return jsonFileOptions({ ...log, Config: { ...LOCAL_DEFAULTS, ...log.Config } });
    default:
      return cacheOptions(log);
  }
}

function cacheOptions({ Type, Config }: LogConfig): JsonFileOptions | undefined {
  if (isTrue('cache-disabled', Config['cache-disabled'])) return undefined;
  const own = ['max-size', 'max-file', 'compress'].flatMap((name) => {
    const value = Config[`cache-${name}`];
    return value === undefined ? [] : [[name, value] as const];
  });
  return jsonFileOptions({ Type, Config: { ...LOCAL_DEFAULTS, ...Object.fromEntries(own) } });
}

function isTrue(name: string, value: string | undefined): boolean {
  if (value !== undefined && !['true', 'false', '1', '0'].includes(value)) {
    throw invalid(`invalid value for ${name}: ${value}`);
  }
  return value === 'true' || value === '1';
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
