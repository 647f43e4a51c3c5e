import type { ContentStore } from '#store/content/content-store.ts';
import type { Database } from '#store/metadata/database.ts';
import type { RegistryTable } from '../state/registry-table.ts';

/** What the parts of the registry share. */
export interface RegistryParts {
  readonly root: string;
  readonly db: Database;
  readonly content: ContentStore;
  readonly table: RegistryTable;
  readonly blobBytesMax: number | undefined;
  readonly allowMissing: boolean;
}
