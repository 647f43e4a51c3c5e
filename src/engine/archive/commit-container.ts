import type { ContainerConfig, Loose } from '#spec/docker-api/containers.ts';
import type { CommitOptions, ImageRunConfig } from '#spec/docker-api/images.ts';
import type { Store } from '#store/open-store.ts';
import type { LocatedContainer } from '../containers/api.ts';

/** The parts of a container's configuration that an image keeps. */
const KEYS = [
  'User',
  'ExposedPorts',
  'Env',
  'Entrypoint',
  'Cmd',
  'Volumes',
  'WorkingDir',
  'Labels',
  'StopSignal',
  'ArgsEscaped',
  'Healthcheck',
  'OnBuild',
  'Shell',
] as const;

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
  const { repository = '', tag = '', changes, author, comment } = options;
  const reference = repository === '' ? undefined : tag === '' ? repository : `${repository}:${tag}`;
  const command = [...(own.Entrypoint ?? []), ...(own.Cmd ?? [])].join(' ');
  const runConfig = { ...pick(own), ...pick(config ?? {}) };
  return await store.commit(container.id, {
    reference,
    config: runConfig,
    changes,
    author,
    comment,
    createdBy: command,
  });
}

/** What is said; null and nothing are not. */
function pick(config: Loose<ContainerConfig>): ImageRunConfig {
  const entries = KEYS.map((key) => [key, config[key]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== null)) as ImageRunConfig;
}
