/** Reads on at the end of a log while its container writes, over rotations. */
import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import { isErrno } from '#base/errors.ts';
import { findByFirstLine } from './first-line.ts';
import type { LineScanner } from './line-scanner.ts';
import { inodeOf, type LogFile, openCurrent, openLogFiles } from './log-files.ts';
import { type LineBuffer, readPart } from './read-parts.ts';

/** Covers file systems without change notices, and an end of the container that no notice told of. */
const LOOK_AGAIN_MS = 500;

/** Sleeps until the log's folder changes; one watcher for the whole time of following. */
class LogWatch implements Disposable {
  readonly #watcher: FSWatcher | undefined;
  #changed = false;
  #wake: (() => void) | undefined;

  constructor(path: string) {
    try {
      this.#watcher = watch(dirname(path), () => this.notice());
      this.#watcher.on('error', () => this.notice());
    } catch (error) {
      // The container was removed: what is open can still be read, more will not come.
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }

  notice(): void {
    this.#changed = true;
    this.#wake?.();
  }

  /** Returns at once when something changed since the last call. */
  async next(abort: AbortSignal | undefined): Promise<void> {
    if (!this.#changed && !abort?.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, LOOK_AGAIN_MS);
      this.#wake = resolve;
      abort?.addEventListener('abort', () => resolve(), { once: true });
      await promise;
      clearTimeout(timer);
      this.#wake = undefined;
    }
    this.#changed = false;
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
  }
}

export interface Followed {
  /** The current file's path. */
  readonly path: string;
  /** Whether the container may still write. */
  readonly isRunning: () => Promise<boolean>;
}

/** The files that came after one, oldest first, open; `undefined` while that one is still the current file. */
async function successors(path: string, last: LogFile | undefined): Promise<LogFile[] | undefined> {
  const current = await inodeOf(path);
  if (current === undefined || current === last?.inode) return undefined;
  if (last === undefined) {
    const file = await openCurrent(path);
    return file === undefined ? undefined : [file];
  }
  const files = await openLogFiles(path);
  const sameFile = files.findIndex((file) => file.inode === last.inode);
  // Compressed meanwhile it is another file with the same lines; dropped meanwhile, everything that is there is newer.
  const from = 1 + (sameFile === -1 ? await findByFirstLine(files, last) : sameFile);
  for (const file of files.slice(0, from)) await file.handle.close();
  return files.slice(from);
}

/**
 * @param start the file read last and how far; `undefined` when there was none
 * @param lines holds the unfinished line of `start`
 */
export async function* followLog(
  followed: Followed,
  start: { readonly file: LogFile; readonly offset: number } | undefined,
  lines: LineBuffer,
  scanner: LineScanner,
  abort?: AbortSignal,
): AsyncGenerator<Buffer, void> {
  let file = start?.file;
  let offset = start?.offset ?? 0;
  const opened: LogFile[] = [];
  using changes = new LogWatch(followed.path);
  try {
    while (!abort?.aborted && !scanner.ended) {
      // Asked before reading: what is written before the end is then read before the end.
      const running = await followed.isRunning();
      if (file !== undefined && !file.compressed) offset = yield* readPart({ file, offset }, lines, scanner, abort);
      const newer = await successors(followed.path, file);
      if (newer !== undefined) {
        // The last lines of the old file may have come between reading and looking.
        if (file !== undefined && !file.compressed) yield* readPart({ file, offset }, lines, scanner, abort);
        opened.push(...newer);
        for (const each of newer) {
          lines.drop();
          file = each;
          offset = yield* readPart({ file, offset: 0 }, lines, scanner, abort);
        }
        continue;
      }
      // A log of one file is emptied instead of rotated.
      if (file !== undefined && (await file.handle.stat()).size < offset) {
        offset = 0;
        lines.drop();
        continue;
      }
      if (!running) return;
      await changes.next(abort);
    }
  } finally {
    for (const each of opened) await each.handle.close();
  }
}
