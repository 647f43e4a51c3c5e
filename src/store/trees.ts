import { closeSync, existsSync, openSync } from 'node:fs';
import { Readable } from 'node:stream';
import { MessageChannel } from 'node:worker_threads';
import type { RootfsMount } from '#spec/rootfs.ts';
import { O_DIRECTORY, O_PATH } from '#sys/files/flags.ts';
import type { FoundPath } from './archive/find-path.ts';
import type { PackTreeJob } from './archive/pack-tree.ts';
import type { UnpackTreeJob } from './archive/unpack-tree.ts';
import { removeSharedTree } from './drivers/remove-shared-tree.ts';
import { receiveBytes, sendBytes } from './worker/byte-port.ts';
import type { FileWorkers } from './worker/file-workers.ts';

/** A root file system that is open, wherever it is mounted or not. */
export interface OpenRoot extends Disposable {
  readonly fd: number;
}

function rootOf(fd: number): OpenRoot {
  let open = true;
  return {
    fd,
    [Symbol.dispose]() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

/** Reading and writing trees of files that do not trust each other: container file systems as archives. */
export class Trees {
  readonly #workers: FileWorkers;

  constructor(workers: FileWorkers) {
    this.#workers = workers;
  }

  /** The root that a running process sees, everything mounted in it included. @throws ENOENT when it is gone */
  openProcessRoot(pid: number): OpenRoot {
    return rootOf(openSync(`/proc/${pid}/root`, O_PATH | O_DIRECTORY));
  }

  /** A directory as a root. */
  openDirectory(path: string): OpenRoot {
    return rootOf(openSync(path, O_PATH | O_DIRECTORY));
  }

  /**
   * The root file system of a container, mounted where nobody sees it until it is closed.
   *
   * @param writable false also for a container that runs: what it changes meanwhile may or may not be seen
   */
  async openRootfs(rootfs: RootfsMount, writable: boolean): Promise<OpenRoot> {
    if (rootfs.type === 'bind') return this.openDirectory(rootfs.path);
    return rootOf(await this.#workers.run('openOverlay', { rootfs, writable }));
  }

  /** Looks a path up as if the root were `/`; undefined when there is nothing. */
  find(root: OpenRoot, path: string): Promise<FoundPath | undefined> {
    return this.#workers.run('findPath', { root: root.fd, path });
  }

  /** Packs a tree; the root must stay open until the stream is closed. */
  pack(job: PackTreeJob): Readable {
    const workers = this.#workers;
    const pieces = async function* () {
      const { port1, port2 } = new MessageChannel();
      const done = workers.run('sendTree', job, port2);
      // Looked at below, unless the reader leaves early.
      done.catch(() => {});
      try {
        yield* receiveBytes(port1);
      } catch (error) {
        // The job knows better than the port what went wrong.
        await done;
        throw error;
      } finally {
        port1.close();
      }
    };
    return Readable.from(pieces(), { objectMode: false, highWaterMark: 1024 * 1024 });
  }

  /** Copies everything in one directory into another that is empty, sharing data where the file system can. */
  async copy(from: string, to: string): Promise<void> {
    await this.#workers.run('copyTree', { from, to });
  }

  /** Removes a directory with everything in it, whoever may still be changing that; nothing happens when there is none. */
  async remove(path: string): Promise<void> {
    if (existsSync(path)) await removeSharedTree(path, this.#workers);
  }

  /** Unpacks a tar, compressed or not. */
  async unpack(job: UnpackTreeJob, tar: Readable): Promise<void> {
    await this.#workers.runWithBytes('receiveTree', job, (port) => sendBytes(port, tar));
  }
}
