import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { BerthError, isErrno } from '#base/errors.ts';
import type { OciConfig } from '#spec/oci-runtime/config.ts';

/** A process that can not be confused with a later one of the same number, not even after a reboot. */
export interface ProcessMark {
  readonly pid: number;
  /** Clock ticks after the boot. */
  readonly startTime: string;
  readonly bootId: string;
}

/** What is kept of a container. Its status is never kept: it is worked out from the process. */
export interface ContainerState {
  readonly id: string;
  readonly bundle: string;
  /** Absolute. */
  readonly rootfs: string;
  /** RFC 3339. */
  readonly created: string;
  readonly owner: string;
  /** Absolute below each hierarchy; `undefined` without control groups. */
  readonly cgroupPath?: string;
  /** Who creates it: when that process ends before there is an `init`, the creation has failed. */
  readonly creator: ProcessMark;
  /** The container's first process; absent while it is being created. */
  readonly init?: ProcessMark;
  /** As it was when the container was created. */
  readonly config: OciConfig;
}

const STATE_FILE = 'state.json';

/** Refuses ids that are no plain file name. */
export function checkId(id: string): void {
  if (id === '') throw new BerthError('invalid', 'container.id', 'container id cannot be empty');
  if (!/^[\w+.-]+$/.test(id) || id === '.' || id === '..' || id.length > 1024) {
    throw new BerthError('invalid', 'container.id', `invalid container ID format: ${JSON.stringify(id)}`);
  }
}

export function containerDir(root: string, id: string): string {
  return join(root, id);
}

/**
 * Makes the directory of a new container: whoever succeeds owns the id.
 * @throws BerthError `conflict` when the id is taken
 */
export function claimId(root: string, id: string): string {
  checkId(id);
  mkdirSync(root, { recursive: true, mode: 0o711 });
  const dir = containerDir(root, id);
  try {
    mkdirSync(dir, { mode: 0o711 });
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    throw new BerthError('conflict', 'container.exists', `container with given ID already exists: ${id}`, {
      cause: error,
    });
  }
  return dir;
}

/** Replaces the state file; a reader sees the old one or the new one. */
export function saveState(root: string, state: ContainerState): void {
  const path = join(containerDir(root, state.id), STATE_FILE);
  const temporary = `${path}.${process.pid}`;
  const fd = openSync(temporary, 'w', 0o600);
  try {
    writeSync(
      fd,
      JSON.stringify(state, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
    );
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
}

/**
 * @throws BerthError `not-found` with the words that engines look for
 */
export function loadState(root: string, id: string): ContainerState {
  checkId(id);
  const state = loadStateIfAny(root, id);
  if (state !== undefined) return state;
  throw new BerthError('not-found', 'container.not-found', `container does not exist: ${id}`);
}

export function loadStateIfAny(root: string, id: string): ContainerState | undefined {
  let text: string;
  try {
    text = readFileSync(join(containerDir(root, id), STATE_FILE), 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
  return JSON.parse(text) as ContainerState; // written by saveState, complete by rename
}

/** Ids of all containers, in order. */
export function listIds(root: string): string[] {
  try {
    return readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.includes('~'))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

export function removeState(root: string, id: string): void {
  rmSync(containerDir(root, id), { recursive: true, force: true });
}
