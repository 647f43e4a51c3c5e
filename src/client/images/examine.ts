import type { Readable } from 'node:stream';
import type { DiffKind, ImageDiffReport, ImageFile, ImageTreeReport } from '#spec/docker-api/examine.ts';
import type { Api } from '../api.ts';
import { imageSegment, sendForJson, sendForStream } from '../api.ts';

/** Layers of an image, what they share and what is wasted. Berth's own. @throws not-found */
export function imageTree(api: Api, name: string, abort?: AbortSignal): Promise<ImageTreeReport> {
  return sendForJson(api, { method: 'GET', path: `/images/${imageSegment(name)}/tree`, abort });
}

/** What a container of an image sees, in order of path. Berth's own. @throws not-found */
export function imageFiles(api: Api, name: string, abort?: AbortSignal): Promise<readonly ImageFile[]> {
  return sendForJson(api, { method: 'GET', path: `/images/${imageSegment(name)}/files`, abort });
}

/** The content of a file of an image. Berth's own. @throws not-found */
export function readImageFile(api: Api, name: string, path: string, abort?: AbortSignal): Promise<Readable> {
  return sendForStream(api, { method: 'GET', path: `/images/${imageSegment(name)}/file`, query: { path }, abort });
}

/** What the second image has other than the first. Berth's own. @throws not-found */
export function compareImages(
  api: Api,
  first: string,
  second: string,
  kinds: readonly DiffKind[],
  abort?: AbortSignal,
): Promise<readonly ImageDiffReport[]> {
  const query = { first, second, type: kinds };
  return sendForJson(api, { method: 'GET', path: '/images/compare', query, abort });
}
