/** What the prune commands share: each removes one kind of object and says what went. */
import type { Client } from '#client/client.ts';

export type Filters = Readonly<Record<string, readonly string[]>>;

export interface Pruned {
  /** What to print, without the last line break; empty when nothing went. */
  readonly output: string;
  /** Bytes. */
  readonly space: number;
}

export async function pruneContainers(client: Client, filters: Filters, abort: AbortSignal): Promise<Pruned> {
  const report = await client.containers.prune(filters, abort);
  const deleted = report.ContainersDeleted ?? [];
  if (deleted.length === 0) return { output: '', space: 0 };
  return { output: `Deleted Containers:\n${deleted.map((id) => `${id}\n`).join('')}`, space: report.SpaceReclaimed };
}

/** Networks take no space worth the name. */
export async function pruneNetworks(client: Client, filters: Filters, abort: AbortSignal): Promise<Pruned> {
  const report = await client.networks.prune(filters, abort);
  const deleted = report.NetworksDeleted ?? [];
  return {
    output: deleted.length === 0 ? '' : `Deleted Networks:\n${deleted.map((name) => `${name}\n`).join('')}`,
    space: 0,
  };
}

export async function pruneVolumes(client: Client, filters: Filters, abort: AbortSignal): Promise<Pruned> {
  const report = await client.volumes.prune(filters, abort);
  const deleted = report.VolumesDeleted ?? [];
  if (deleted.length === 0) return { output: '', space: 0 };
  return { output: `Deleted Volumes:\n${deleted.map((name) => `${name}\n`).join('')}`, space: report.SpaceReclaimed };
}

/** @param all also images with a name that no container uses */
export async function pruneImages(client: Client, all: boolean, filters: Filters, abort: AbortSignal): Promise<Pruned> {
  const report = await client.images.prune({ ...filters, dangling: [String(!all)] }, abort);
  const deleted = report.ImagesDeleted ?? [];
  if (deleted.length === 0) return { output: '', space: 0 };
  const lines = deleted.map(({ Untagged, Deleted }) =>
    Untagged ? `untagged: ${Untagged}\n` : `deleted: ${Deleted}\n`,
  );
  return { output: `Deleted Images:\n${lines.join('')}`, space: report.SpaceReclaimed };
}
