/** Names of what exists in the engine. */
import type { Client } from '#client/client.ts';
import type { Candidate } from './complete.ts';
import type { ValueKind } from './value-kinds.ts';

const CONTAINER_STATES: Readonly<Record<string, readonly string[]>> = {
  'running container': ['running'],
  'paused container': ['paused'],
  'stopped container': ['created', 'exited'],
};

async function containers(client: Client, kind: string): Promise<Candidate[]> {
  const status = CONTAINER_STATES[kind];
  const filters = status === undefined ? {} : { filters: { status } };
  const list = await client.containers.list({ all: true, ...filters });
  return list.map(({ Names, Id, Image, Status }) => ({
    value: (Names[0] ?? Id).replace(/^\//, ''),
    description: `${Image}, ${Status}`,
  }));
}

async function images(client: Client): Promise<Candidate[]> {
  const list = await client.images.list({});
  const names = list.flatMap(({ RepoTags }) => RepoTags ?? []).filter((name) => !name.startsWith('<none>'));
  // As docker does: the tag `latest` may be left out.
  return names.flatMap((name) => [
    { value: name },
    ...(name.endsWith(':latest') ? [{ value: name.slice(0, -':latest'.length) }] : []),
  ]);
}

/** Asks the engine. What it does not have has no names. */
export async function liveNames(client: Client, kind: ValueKind): Promise<readonly Candidate[]> {
  switch (kind) {
    case 'container':
    case 'running container':
    case 'paused container':
    case 'stopped container':
      return containers(client, kind);
    case 'image':
      return images(client);
    case 'network':
      return (await client.networks.list()).map(({ Name, Driver }) => ({ value: Name, description: Driver }));
    case 'volume':
      return ((await client.volumes.list()).Volumes ?? []).map(({ Name }) => ({ value: Name }));
    default:
      return [];
  }
}
