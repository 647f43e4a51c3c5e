import type { Readable } from 'node:stream';
import type { PathStat } from '#spec/docker-api/images.ts';
import type { Api } from '../api.ts';
import { segment, send, sendOnly } from '../api.ts';
import { bodyStream, discardBody } from '../response.ts';

function archivePath(ref: string): string {
  return `/containers/${segment(ref)}/archive`;
}

function parseStat(header: string | undefined): PathStat {
  if (header === undefined) throw new Error('the response has no X-Docker-Container-Path-Stat header');
  return JSON.parse(Buffer.from(header, 'base64').toString('utf8')) as PathStat;
}

/** A file or folder of a container as a tar, and what it is. @throws not-found */
export async function getArchive(
  api: Api,
  ref: string,
  path: string,
  abort?: AbortSignal,
): Promise<{ readonly stream: Readable; readonly stat: PathStat }> {
  const response = await send(api, { method: 'GET', path: archivePath(ref), query: { path }, abort });
  return { stream: bodyStream(response), stat: parseStat(response.headers['x-docker-container-path-stat']) };
}

/** What a path in a container is, links not followed. @throws not-found */
export async function statArchive(api: Api, ref: string, path: string, abort?: AbortSignal): Promise<PathStat> {
  const response = await send(api, { method: 'HEAD', path: archivePath(ref), query: { path }, abort });
  discardBody(response);
  return parseStat(response.headers['x-docker-container-path-stat']);
}

export interface PutArchiveOptions {
  /** Refuse to replace a folder by something else and the other way round. */
  readonly noOverwriteDirNonDir?: boolean | undefined;
  /** Everything belongs to the user that the container's configuration names, not to whom the archive says. */
  readonly copyUidGid?: boolean | undefined;
}

/** Unpacks a tar (plain, gzip, bzip2, xz or zstd) into an existing folder of a container. */
export async function putArchive(
  api: Api,
  ref: string,
  path: string,
  tar: Readable,
  options: PutArchiveOptions = {},
  abort?: AbortSignal,
): Promise<void> {
  await sendOnly(api, {
    method: 'PUT',
    path: archivePath(ref),
    query: { path, noOverwriteDirNonDir: options.noOverwriteDirNonDir, copyUIDGID: options.copyUidGid },
    body: { kind: 'stream', stream: tar, contentType: 'application/x-tar' },
    abort,
  });
}
