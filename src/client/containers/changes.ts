import type { FilesystemChange } from '#spec/docker-api/images.ts';
import type { Api } from '../api.ts';
import { segment, sendForJson } from '../api.ts';

/** What differs from the image; sorted by path. */
export async function containerChanges(
  api: Api,
  ref: string,
  abort?: AbortSignal,
): Promise<readonly FilesystemChange[]> {
  const path = `/containers/${segment(ref)}/changes`;
  return (await sendForJson<readonly FilesystemChange[] | null>(api, { method: 'GET', path, abort })) ?? [];
}
