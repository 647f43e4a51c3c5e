import type { Database } from '../metadata/database.ts';
import type { FileWorkers } from '../worker/file-workers.ts';
import type { ContentStore, SpooledBlob } from './content-store.ts';

export interface PackedBlobsParts {
  readonly db: Database;
  readonly content: ContentStore;
  readonly workers: FileWorkers;
}

/** What a blob becomes when it is compressed; the file is made when it is needed, and not kept. */
export class PackedBlobs {
  readonly #parts: PackedBlobsParts;

  constructor(parts: PackedBlobsParts) {
    this.#parts = parts;
  }

  /** Digest and size of the compressed form, when it was made once. */
  known(digest: string): { digest: string; size: number } | undefined {
    const row = this.#parts.db
      .prepare('SELECT packed_digest, packed_size FROM packed_layers WHERE blob = ?')
      .get(digest);
    return row === undefined ? undefined : { digest: String(row['packed_digest']), size: Number(row['packed_size']) };
  }

  /** Compresses a blob into a temporary file, which the caller removes. */
  async make(digest: string): Promise<SpooledBlob> {
    const { content, db, workers } = this.#parts;
    const path = content.temporaryPath();
    try {
      const packed = await workers.run('packBlob', { from: content.pathOf(digest), path });
      db.prepare('INSERT OR REPLACE INTO packed_layers VALUES (?, ?, ?)').run(digest, packed.digest, packed.size);
      return packed;
    } catch (error) {
      await content.discard({ path });
      throw error;
    }
  }
}
