import type { ContainerConfig, Loose } from '#spec/docker-api/containers.ts';
import type { CommitOptions, ImageRunConfig } from '#spec/docker-api/images.ts';
import { RUN_CONFIG_KEYS } from '#spec/docker-api/run-config-keys.ts';
import type { Store } from '#store/open-store.ts';
import type { LocatedContainer } from '../containers/api.ts';

/**
 * What an image keeps of a container's configuration.
 *
 * @param wanted goes before the container's own; what it leaves empty is the container's
 */
export function committedConfig(own: Loose<ContainerConfig>, wanted: Loose<ContainerConfig> = {}): ImageRunConfig {
  const entries = RUN_CONFIG_KEYS.map((key) => [key, isEmpty(wanted[key]) ? own[key] : wanted[key]] as const);
  return Object.fromEntries(entries.filter(([, value]) => !isEmpty(value))) as ImageRunConfig;
}

/** Name of the new image as one text; undefined for an image without a name. */
export function committedName({ repository = '', tag = '' }: CommitOptions): string | undefined {
  if (repository === '') return undefined;
  return tag === '' ? repository : `${repository}:${tag}`;
}

/**
 * Makes an image of a container: its files and its configuration.
 *
 * @param config replaces parts of the container's own configuration
 * @returns the image's id
 * @throws invalid for a bad name or change
 */
export async function commitContainer(
  store: Store,
  container: LocatedContainer,
  options: CommitOptions,
  config: Loose<ContainerConfig> | undefined,
): Promise<string> {
  const own = container.inspect().Config;
  return await store.commit(container.id, {
    reference: committedName(options),
    config: committedConfig(own, config ?? {}),
    changes: options.changes,
    author: options.author,
    comment: options.comment,
    createdBy: (own.Cmd ?? []).join(' '),
  });
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
