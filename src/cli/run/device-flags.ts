/** The values of `--device`, `--gpus`, and of the flags that limit a device's rate or weight. */
import { posix } from 'node:path';
import { cut } from '#base/cut.ts';
import { messageOf } from '#base/errors.ts';
import type { DeviceMapping, DeviceRequest, ThrottleDevice, WeightDevice } from '#spec/docker-api/containers.ts';
import { readBytes, readValue } from '../flag-values.ts';
import { readCsvRecord } from './csv-record.ts';

const CDI_NAME =
  /^[a-zA-Z]([a-zA-Z0-9_.-]*[a-zA-Z0-9])?\/[a-zA-Z]([a-zA-Z0-9_-]*[a-zA-Z0-9])?=[a-zA-Z0-9]([a-zA-Z0-9_.:-]*[a-zA-Z0-9])?$/;

/** A composition of `r`, `w` and `m`, each once. */
function isDeviceMode(text: string): boolean {
  return /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;
}

function clean(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 ? normal.replace(/\/$/, '') : normal;
}

function parseDevice(value: string): DeviceMapping {
  const parts = value.split(':');
  const [source = '', second, mode] = parts;
  if (parts.length > 3 || source === '') throw new Error(`bad format for path: ${value}`);
  if (mode !== undefined && !isDeviceMode(mode)) throw new Error(`bad mode specified: ${mode}`);
  const secondIsMode = mode === undefined && second !== undefined && isDeviceMode(second);
  const target = second === undefined || secondIsMode ? source : second;
  if (!target.startsWith('/')) throw new Error(`${target} is not an absolute path`);
  const host = second === undefined || secondIsMode ? clean(source) : source;
  return {
    PathOnHost: host,
    PathInContainer: mode === undefined ? clean(target) : target,
    CgroupPermissions: mode ?? (secondIsMode ? second : 'rwm'),
  };
}

/** @throws Error in docker's words */
export function parseDeviceFlags(values: readonly string[]): {
  readonly devices: readonly DeviceMapping[];
  /** Names of the Container Device Interface, `vendor.com/class=name`. */
  readonly cdiNames: readonly string[];
} {
  const isCdi = (value: string) => CDI_NAME.test(value);
  return {
    devices: values.filter((value) => !isCdi(value)).map(parseDevice),
    cdiNames: values.filter(isCdi),
  };
}

function splitDevice(text: string): readonly [path: string, value: string] {
  const [path, value] = cut(text, ':');
  if (value === undefined || path === '') throw new Error(`bad format: ${text}`);
  if (!path.startsWith('/dev/')) throw new Error(`bad format for device path: ${text}`);
  return [path, value];
}

/** `/dev/sda:1mb`. @throws Error in docker's words */
export function parseByteRate(text: string): ThrottleDevice {
  const [path, value] = splitDevice(text);
  const invalid = new Error(
    `invalid rate for device: ${text}. The correct format is <device-path>:<number>[<unit>]. Number must be a positive integer. Unit is optional and can be kb, mb, or gb`,
  );
  let rate: number;
  try {
    rate = readBytes(value);
  } catch {
    throw invalid;
  }
  if (rate < 0) throw invalid;
  return { Path: path, Rate: rate };
}

/** `/dev/sda:100`. @throws Error in docker's words */
export function parseOperationRate(text: string): ThrottleDevice {
  const [path, value] = splitDevice(text);
  if (!/^\d+$/.test(value) || BigInt(value) >= 2n ** 64n)
    throw new Error(
      `invalid rate for device: ${text}. The correct format is <device-path>:<number>. Number must be a positive integer`,
    );
  return { Path: path, Rate: Number(value) };
}

/** `/dev/sda:200`. @throws Error in docker's words */
export function parseDeviceWeight(text: string): WeightDevice {
  const [path, value] = splitDevice(text);
  const weight = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (weight !== 0 && !(weight >= 10 && weight <= 1000)) throw new Error(`invalid weight for device: ${text}`);
  return { Path: path, Weight: weight };
}

function readGpuCount(text: string): number {
  if (text === 'all') return -1;
  try {
    if (!/^[+-]?\d+$/.test(text)) throw new Error('invalid syntax');
    return readValue('int', text.replace(/^([+-]?)0+(?=\d)/, '$1'));
  } catch (error) {
    const reason = messageOf(error).replace(/^.*: /, '');
    throw new Error(`invalid count (${text}): value must be either "all" or an integer: ${reason}`);
  }
}

/** `all`, `2`, `driver=nvidia,count=1,"capabilities=compute,utility"`. @throws Error in docker's words */
export function parseGpuFlag(text: string): DeviceRequest {
  const seen = new Set<string>();
  let count: number | undefined;
  let driver = '';
  let ids: readonly string[] | null = null;
  let capabilities: readonly (readonly string[])[] = [['gpu']];
  const options: Record<string, string> = {};
  for (const field of readCsvRecord(text)) {
    const [key, value] = cut(field, '=');
    if (seen.has(key)) throw new Error(`gpu request key '${key}' can be specified only once`);
    seen.add(key);
    if (value === undefined) {
      seen.add('count');
      count = readGpuCount(key);
    } else if (key === 'driver') driver = value;
    else if (key === 'count') count = readGpuCount(value);
    else if (key === 'device') ids = value.split(',');
    else if (key === 'capabilities') capabilities = [[...value.split(','), 'gpu']];
    else if (key === 'options')
      for (const option of readCsvRecord(value)) {
        const [name, setting = ''] = cut(option, '=');
        options[name] = setting;
      }
    else throw new Error(`unexpected key '${key}' in '${field}'`);
  }
  return {
    Driver: driver,
    Count: count ?? (ids === null ? 1 : 0),
    DeviceIDs: ids,
    Capabilities: capabilities,
    Options: options,
  };
}
