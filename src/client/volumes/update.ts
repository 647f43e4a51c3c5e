import type { Api } from '../api.ts';
import { segment, sendOnly } from '../api.ts';

/** Changes a cluster volume. @throws unavailable on an engine outside of a Swarm */
export async function updateVolume(
  api: Api,
  name: string,
  version: number,
  spec: unknown,
  abort?: AbortSignal,
): Promise<void> {
  const body = { kind: 'json', value: spec } as const;
  await sendOnly(api, { method: 'PUT', path: `/volumes/${segment(name)}`, query: { version }, body, abort });
}
