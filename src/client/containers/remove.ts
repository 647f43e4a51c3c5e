import type { Api } from '../api.ts';
import { segment, sendOnly } from '../api.ts';

export interface RemoveContainerOptions {
  /** Kill it first when it runs. */
  readonly force?: boolean | undefined;
  /** With its anonymous volumes. */
  readonly volumes?: boolean | undefined;
  /** The link, not the container. */
  readonly link?: boolean | undefined;
}

/** @throws not-found, conflict when it runs and `force` is not set */
export async function removeContainer(
  api: Api,
  ref: string,
  options: RemoveContainerOptions = {},
  abort?: AbortSignal,
): Promise<void> {
  const query = { force: options.force, v: options.volumes, link: options.link };
  await sendOnly(api, { method: 'DELETE', path: `/containers/${segment(ref)}`, query, abort });
}
