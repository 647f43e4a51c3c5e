/** Docker Engine API v1.50 shapes of volumes, and Berth's own calls beside them. No behaviour here. */
import type { StringMap } from './containers.ts';

/** `GET /volumes/{name}`. */
export interface Volume {
  readonly CreatedAt: string;
  readonly Driver: string;
  readonly Labels: StringMap | null;
  readonly Mountpoint: string;
  readonly Name: string;
  readonly Options: StringMap | null;
  readonly Scope: string;
}

/** Body of `POST /volumes/create`. */
export interface VolumeCreateRequest {
  readonly Name?: string;
  readonly Driver?: string;
  readonly DriverOpts?: StringMap | null;
  readonly Labels?: StringMap | null;
}

/** `GET /volumes`. */
export interface VolumeListResponse {
  readonly Volumes: readonly Volume[];
  readonly Warnings: readonly string[] | null;
}

/** `POST /volumes/prune`. */
export interface VolumePruneReport {
  readonly VolumesDeleted: readonly string[];
  /** Bytes. */
  readonly SpaceReclaimed: number;
}

/** Body of `POST /volumes/{name}/clone`, Berth's own. */
export interface VolumeCloneRequest {
  /** Of the new volume. */
  readonly Name: string;
  /** Of the new volume; absent: those of the old one. */
  readonly Labels?: StringMap | null;
}
