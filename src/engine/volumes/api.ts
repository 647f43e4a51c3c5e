import type { Readable } from 'node:stream';
import type {
  Volume,
  VolumeCloneRequest,
  VolumeCreateRequest,
  VolumeListResponse,
  VolumePruneReport,
} from '#spec/docker-api/volumes.ts';

export type Filters = Readonly<Record<string, readonly string[]>>;

/** Volumes of an opened engine. Failures have Docker's words. */
export interface Volumes {
  /** Makes a volume, or returns the one of that name. @throws invalid; conflict for other options than the existing one's */
  create(request: VolumeCreateRequest): Promise<Volume>;
  /** @throws not-found */
  inspect(name: string): Promise<Volume>;
  /** By name. Filters: `dangling`, `driver`, `label`, `name`. @throws invalid for others */
  list(filters?: Filters): Promise<VolumeListResponse>;
  /** @throws not-found unless forced; conflict while a container uses it */
  remove(name: string, options?: { readonly force?: boolean }): Promise<void>;
  /** Removes volumes that no container uses: anonymous ones, with the filter `all` named ones too; `label`, `label!`. */
  prune(filters?: Filters): Promise<VolumePruneReport>;
  /** Gives a volume another name, in its containers too. @throws conflict while one of them is being created or started */
  rename(name: string, next: string): Promise<void>;
  /** Makes a volume with the same content, sharing the data where the file system can. @throws conflict when the name is taken */
  clone(name: string, request: VolumeCloneRequest): Promise<Volume>;
  /** The content as a tar. */
  export(name: string, abort?: AbortSignal): Promise<Readable>;
  /** Unpacks a tar into a volume, which is made when it is missing. */
  import(name: string, tar: Readable): Promise<Volume>;
}
