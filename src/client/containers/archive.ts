import type { Readable } from 'node:stream';
import { BerthError } from '#base/errors.ts';
import type { ApiResponse } from '#spec/docker-api/exchange.ts';
import type { PathStat } from '#spec/docker-api/images.ts';
import type { Api } from '../api.ts';
import { segment, send, sendOnly } from '../api.ts';
import { bodyStream, discardBody, errorOf } from '../response.ts';

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

/** An answer to HEAD has no body over HTTP: what it would have said follows from its status. */
async function statFailure(response: ApiResponse, ref: string, path: string): Promise<BerthError> {
  const error = await errorOf(response);
  if (response.status !== 404 || error.code !== 'api.status-404') return error;
  const message = `Could not find the file ${path} in container ${ref}`;
  return new BerthError('not-found', 'archive.not-found', message, { details: error.details });
}

/** What a path in a container is, links not followed. @throws not-found */
export async function statArchive(api: Api, ref: string, path: string, abort?: AbortSignal): Promise<PathStat> {
  const response = await api.request({ method: 'HEAD', path: archivePath(ref), query: { path }, abort });
  if (response.status >= 400) throw await statFailure(response, ref, path);
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
