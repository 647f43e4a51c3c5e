/** The value of `--mount`: comma-separated fields, `type=bind,source=/a,target=/b,readonly`. */
import { isAbsolute, resolve } from 'node:path';
import { cut } from '#base/cut.ts';
import type { Mount } from '#spec/docker-api/containers.ts';
import { readBytes, readValue } from '../flag-values.ts';
import { readCsvRecord } from './csv-record.ts';
import type { RunHost } from './run-host.ts';

interface Draft {
  type: string;
  source: string;
  target: string;
  readOnly: boolean;
  consistency: string;
  bind: { -readonly [K in keyof NonNullable<Mount['BindOptions']>]: NonNullable<Mount['BindOptions']>[K] } | undefined;
  volume: { noCopy: boolean; subpath: string; driver: string } | undefined;
  labels: Record<string, string>;
  driverOptions: Record<string, string> | undefined;
  imageSubpath: string | undefined;
  tmpfs: { sizeBytes: number; mode: number } | undefined;
  /** Berth's own. */
  idMap: string | undefined;
}

function readFlag(key: string, value: string): boolean {
  try {
    return readValue('bool', value) === 1;
  } catch {
    throw new Error(`invalid value for ${key}: ${value}`);
  }
}

const bind = (draft: Draft) => (draft.bind ??= {});
const volume = (draft: Draft) => (draft.volume ??= { noCopy: false, subpath: '', driver: '' });
const tmpfs = (draft: Draft) => (draft.tmpfs ??= { sizeBytes: 0, mode: 0 });

function setEntry(map: Record<string, string>, text: string): void {
  const [key, value = ''] = cut(text, '=');
  if (key !== '') map[key] = value;
}

/** Fields that stand without a value. */
const BARE: Readonly<Record<string, (draft: Draft) => void>> = {
  readonly: (draft) => {
    draft.readOnly = true;
  },
  ro: (draft) => {
    draft.readOnly = true;
  },
  'volume-nocopy': (draft) => {
    volume(draft).noCopy = true;
  },
  'bind-nonrecursive': (draft) => {
    bind(draft).NonRecursive = true;
  },
  'bind-create-src': (draft) => {
    bind(draft).CreateMountpoint = true;
  },
};

function setRecursive(draft: Draft, key: string, value: string): void {
  if (value === 'disabled') bind(draft).NonRecursive = true;
  else if (value === 'writable') bind(draft).ReadOnlyNonRecursive = true;
  else if (value === 'readonly') bind(draft).ReadOnlyForceRecursive = true;
  else if (value !== 'enabled')
    throw new Error(`invalid value for ${key}: ${value} (must be "enabled", "disabled", "writable", or "readonly")`);
}

function setBindField(draft: Draft, key: string, value: string, host: RunHost): void {
  if (key === 'bind-propagation') bind(draft).Propagation = value.toLowerCase();
  else if (key === 'bind-recursive') setRecursive(draft, key, value);
  else if (key === 'bind-create-src') bind(draft).CreateMountpoint = readFlag(key, value);
  else {
    const isSet = readFlag(key, value);
    if (isSet) bind(draft).NonRecursive = true;
    else bind(draft);
    host.warn('bind-nonrecursive is deprecated, use bind-recursive=disabled instead');
  }
}

function setVolumeField(draft: Draft, key: string, value: string): void {
  const options = volume(draft);
  if (key === 'volume-subpath') options.subpath = value;
  else if (key === 'volume-nocopy') options.noCopy = readFlag(key, value);
  else if (key === 'volume-label') setEntry(draft.labels, value);
  else if (key === 'volume-driver') options.driver = value;
  else {
    draft.driverOptions ??= {};
    setEntry(draft.driverOptions, value);
  }
}

function setTmpfsField(draft: Draft, key: string, value: string): void {
  const invalid = () => new Error(`invalid value for ${key}: ${value}`);
  if (key === 'tmpfs-mode') {
    if (!/^[0-7]+$/.test(value) || Number.parseInt(value, 8) > 0xffffffff) throw invalid();
    tmpfs(draft).mode = Number.parseInt(value, 8);
    return;
  }
  try {
    tmpfs(draft).sizeBytes = readBytes(value);
  } catch {
    throw invalid();
  }
  if (tmpfs(draft).sizeBytes < 0) throw invalid();
}

function setField(draft: Draft, field: string, host: RunHost): void {
  const [name, value] = cut(field, '=');
  const key = name.toLowerCase();
  if (value === undefined) {
    const set = BARE[key];
    if (set === undefined) throw new Error(`invalid field '${field}' must be a key=value pair`);
    set(draft);
    return;
  }
  switch (key) {
    case 'type':
      draft.type = value.toLowerCase();
      return;
    case 'source':
    case 'src':
      draft.source = !isAbsolute(value) && value.startsWith('.') ? resolve(host.cwd, value) : value;
      return;
    case 'target':
    case 'dst':
    case 'destination':
      draft.target = value;
      return;
    case 'readonly':
    case 'ro':
      draft.readOnly = readFlag(key, value);
      return;
    case 'consistency':
      draft.consistency = value.toLowerCase();
      return;
    case 'bind-propagation':
    case 'bind-nonrecursive':
    case 'bind-recursive':
    case 'bind-create-src':
      setBindField(draft, key, value, host);
      return;
    case 'volume-subpath':
    case 'volume-nocopy':
    case 'volume-label':
    case 'volume-driver':
    case 'volume-opt':
      setVolumeField(draft, key, value);
      return;
    case 'idmap':
      draft.idMap = value;
      return;
    case 'image-subpath':
      draft.imageSubpath = value;
      return;
    case 'tmpfs-size':
    case 'tmpfs-mode':
      setTmpfsField(draft, key, value);
      return;
    default:
      throw new Error(`unexpected key '${key}' in '${field}'`);
  }
}

function check(draft: Draft): void {
  if (draft.type === '') throw new Error('type is required');
  if (draft.target === '') throw new Error('target is required');
  if (draft.idMap !== undefined && draft.type !== 'bind' && draft.type !== 'volume')
    throw new Error(`cannot mix 'idmap' with mount type '${draft.type}'`);
  const groups = [
    ['volume', draft.volume],
    ['image', draft.imageSubpath],
    ['bind', draft.bind],
    ['tmpfs', draft.tmpfs],
  ] as const;
  for (const [type, options] of groups)
    if (options !== undefined && draft.type !== type)
      throw new Error(`cannot mix '${type}-*' options with mount type '${draft.type}'`);
  const needs = (option: string, what: string) =>
    new Error(`option 'bind-recursive=${option}' requires '${what}' to be specified in conjunction`);
  if (draft.bind?.ReadOnlyNonRecursive && !draft.readOnly) throw needs('writable', 'readonly');
  if (draft.bind?.ReadOnlyForceRecursive) {
    if (!draft.readOnly) throw needs('readonly', 'readonly');
    if (draft.bind.Propagation !== 'rprivate') throw needs('readonly', 'bind-propagation=rprivate');
  }
}

function volumeOptions(draft: Draft): Partial<Pick<Mount, 'VolumeOptions'>> {
  if (draft.volume === undefined) return {};
  const { noCopy, subpath, driver } = draft.volume;
  return {
    VolumeOptions: {
      ...(noCopy && { NoCopy: true }),
      ...(Object.keys(draft.labels).length > 0 && { Labels: draft.labels }),
      ...(subpath !== '' && { Subpath: subpath }),
      DriverConfig: {
        ...(driver !== '' && { Name: driver }),
        ...(draft.driverOptions !== undefined && { Options: draft.driverOptions }),
      },
    },
  };
}

function mountOf(draft: Draft): Mount {
  return {
    Type: draft.type,
    ...(draft.source !== '' && { Source: draft.source }),
    Target: draft.target,
    ...(draft.readOnly && { ReadOnly: true }),
    ...(draft.consistency !== '' && { Consistency: draft.consistency }),
    ...(draft.bind !== undefined && { BindOptions: draft.bind }),
    ...volumeOptions(draft),
    ...(draft.idMap !== undefined && { IdMap: draft.idMap }),
    ...(draft.imageSubpath !== undefined && { ImageOptions: { Subpath: draft.imageSubpath } }),
    ...(draft.tmpfs !== undefined && {
      TmpfsOptions: {
        ...(draft.tmpfs.sizeBytes !== 0 && { SizeBytes: draft.tmpfs.sizeBytes }),
        ...(draft.tmpfs.mode !== 0 && { Mode: draft.tmpfs.mode }),
      },
    }),
  };
}

/** @throws Error in docker's words */
export function parseMountFlag(text: string, host: RunHost): Mount {
  const draft: Draft = {
    type: 'volume',
    source: '',
    target: '',
    readOnly: false,
    consistency: '',
    bind: undefined,
    volume: undefined,
    labels: {},
    driverOptions: undefined,
    imageSubpath: undefined,
    tmpfs: undefined,
    idMap: undefined,
  };
  for (const field of readCsvRecord(text)) setField(draft, field, host);
  check(draft);
  return mountOf(draft);
}
