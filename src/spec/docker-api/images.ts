/** Docker Engine API v1.50 shapes of images. No behaviour here. */
import type { GraphDriver, HealthConfig, StringMap, StringSet } from './containers.ts';
import type { ImageManifests } from './image-manifests.ts';

/** One element of `GET /images/json`; with `manifests=1` also what is behind its name. */
export interface ImageSummary extends Partial<ImageManifests> {
  readonly Id: string;
  readonly ParentId: string;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
  /** Unix seconds. */
  readonly Created: number;
  /** Bytes of all layers unpacked. */
  readonly Size: number;
  /** Bytes shared with other images, -1 when not computed. */
  readonly SharedSize: number;
  readonly Labels: StringMap | null;
  /** Containers that use it, -1 when not counted. */
  readonly Containers: number;
}

/** The part of an image's configuration that containers inherit; in the OCI image configuration's words. */
export interface ImageRunConfig {
  readonly User?: string;
  readonly ExposedPorts?: StringSet;
  readonly Env?: readonly string[] | null;
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Volumes?: StringSet;
  readonly WorkingDir?: string;
  readonly Labels?: StringMap | null;
  readonly StopSignal?: string;
  readonly ArgsEscaped?: boolean;
  readonly Healthcheck?: HealthConfig;
  readonly OnBuild?: readonly string[] | null;
  readonly Shell?: readonly string[];
}

/** Answer of `GET /images/{name}/json`; with `manifests=1` also what is behind its name. */
export interface ImageInspect extends Partial<ImageManifests> {
  readonly Id: string;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
  readonly Parent: string;
  readonly Comment: string;
  readonly Created?: string;
  readonly DockerVersion: string;
  readonly Author: string;
  readonly Config: ImageRunConfig | null;
  readonly Architecture: string;
  readonly Variant?: string;
  readonly Os: string;
  readonly OsVersion?: string;
  readonly Size: number;
  readonly VirtualSize?: number;
  readonly GraphDriver: GraphDriver;
  readonly RootFS: { readonly Type: string; readonly Layers?: readonly string[] };
  readonly Metadata: { readonly LastTagTime: string };
}

/** One element of `GET /images/{name}/history`, newest first. */
export interface ImageHistoryItem {
  /** `<missing>` for steps that are not images themselves. */
  readonly Id: string;
  /** Unix seconds. */
  readonly Created: number;
  readonly CreatedBy: string;
  readonly Tags: readonly string[] | null;
  readonly Size: number;
  readonly Comment: string;
}

/** One element of the answer of `DELETE /images/{name}`: exactly one of the two is set. */
export interface ImageDeleteItem {
  readonly Untagged?: string;
  readonly Deleted?: string;
}

export interface ImagePruneReport {
  readonly ImagesDeleted: readonly ImageDeleteItem[] | null;
  readonly SpaceReclaimed: number;
}

export interface ImageListQuery {
  readonly all?: boolean;
  readonly sharedSize?: boolean;
  /** Fill in `Containers`; only `GET /system/df` does. */
  readonly countContainers?: boolean;
  /** Tell the manifests of each image; `Size` is then that of all of them together, archives included. */
  readonly manifests?: boolean;
  readonly filters?: Readonly<Record<string, readonly string[]>>;
}

/** One line of the progress that load, import and pull report. */
export interface ProgressMessage {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly progress?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number; readonly units?: string };
  readonly error?: string;
  readonly errorDetail?: { readonly code?: number; readonly message: string };
  readonly aux?: unknown;
}

/** Query of `POST /images/create` with `fromSrc`: a root filesystem becomes an image of one layer. */
export interface ImageImportOptions {
  readonly repository?: string;
  readonly tag?: string;
  readonly message?: string;
  /** Dockerfile instructions applied to the configuration. */
  readonly changes?: readonly string[];
  readonly platform?: string;
}

/** Query of `POST /commit`. */
export interface CommitOptions {
  readonly repository?: string;
  readonly tag?: string;
  readonly comment?: string;
  readonly author?: string;
  /** Pause the container while its files are read; true when absent. */
  readonly pause?: boolean;
  readonly changes?: readonly string[];
}

/** One element of `GET /containers/{id}/changes`: 0 modified, 1 added, 2 deleted. */
export interface FilesystemChange {
  readonly Kind: 0 | 1 | 2;
  readonly Path: string;
}

/** What `X-Docker-Container-Path-Stat` says about a path in a container. */
export interface PathStat {
  readonly name: string;
  readonly size: number;
  /** Go's `fs.FileMode` bits. */
  readonly mode: number;
  readonly mtime: string;
  readonly linkTarget: string;
}
