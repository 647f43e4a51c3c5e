import type {
  DiskUsage,
  DiskUsageType,
  StateCheckReport,
  StorageUsage,
  SystemInfo,
  VersionInfo,
} from '#spec/docker-api/system.ts';
import type { CheckOptions } from './check-state.ts';

/** Facts about the engine and its host. */
export interface System {
  info(): Promise<SystemInfo>;
  version(): Promise<VersionInfo>;
  /** @param types only these kinds of objects; all when empty */
  diskUsage(types?: readonly DiskUsageType[]): Promise<DiskUsage>;
  /** What the root has on its disk, to the byte. */
  storage(): Promise<StorageUsage>;
  /** Checks that the database and the disk agree. */
  check(options: CheckOptions): Promise<StateCheckReport>;
}
