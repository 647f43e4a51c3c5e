import type { MessagePort } from 'node:worker_threads';
import { probeOverlay } from '#sys/files/overlay-mount.ts';
import { removeTree } from '#sys/files/remove-tree.ts';
import { syncFileSystem } from '#sys/files/sync-file-system.ts';
import { findPath } from '../archive/find-path.ts';
import { openOverlay } from '../archive/open-overlay.ts';
import { sendTree } from '../archive/pack-tree.ts';
import { spoolArchive } from '../archive/spool-archive.ts';
import { spoolFolder } from '../archive/spool-folder.ts';
import { receiveTree } from '../archive/unpack-tree.ts';
import { hashFile } from '../content/hash-file.ts';
import { packBlob } from '../content/pack-blob.ts';
import { spoolBlob } from '../content/spool-blob.ts';
import { measureRoot } from '../disk-usage.ts';
import { receiveBlob } from '../downloads/receive-blob.ts';
import { copyTree } from '../drivers/copy-tree.ts';
import { makeLayerDirectory } from '../drivers/make-layer-directory.ts';
import { listMembers } from '../examine/list-members.ts';
import { applyLayer } from '../layers/apply-layer.ts';
import { listChanges, packChanges } from '../layers/change-jobs.ts';
import { compareLayer } from '../layers/compare-layer.ts';
import { dressImplied } from '../layers/dress-implied.ts';
import { unpackGrowing } from '../layers/unpack-growing.ts';

/** Everything the worker does, by name. The second argument carries bytes in or out. */
const JOBS = {
  applyLayer,
  compareLayer,
  copyTree,
  hashFile,
  listChanges,
  listMembers,
  makeLayerDirectory,
  measureRoot,
  packChanges,
  dressImplied,
  findPath,
  openOverlay,
  packBlob,
  receiveBlob,
  probeOverlay: (job: { readonly prefix: string }) => probeOverlay(job.prefix),
  receiveTree,
  removeTree: (job: { readonly path: string }) => removeTree(job.path),
  sendTree,
  spoolArchive,
  syncFileSystem: (job: { readonly directory: string }) => syncFileSystem(job.directory),
  spoolBlob,
  spoolFolder,
  unpackGrowing,
};

export type Jobs = typeof JOBS;
export type JobName = keyof Jobs;

export function runJob(name: JobName, job: unknown, bytes: MessagePort | undefined): unknown {
  const run = JOBS[name] as (job: unknown, bytes: MessagePort | undefined) => unknown;
  return run(job, bytes);
}
