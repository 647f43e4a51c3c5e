import { type Database, statement } from './database.ts';

export interface ImageRow {
  /** `sha256:HEX`, the digest of the configuration. */
  readonly id: string;
  /** The configuration document, byte for byte. */
  readonly config: string;
  /** Id of the image it was committed from, empty when none or unknown. */
  readonly parent: string;
  /** Chain id of the topmost layer. */
  readonly topLayer: string | undefined;
  /** Bytes of file data in all layers. */
  readonly size: number;
  readonly storedMs: number;
  /** 0 when it was never tagged. */
  readonly taggedMs: number;
}

/** Rows of `images` and of the names that lead to them. */
export class ImageTable {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  get(id: string): ImageRow | undefined {
    const row = statement(this.#db, 'SELECT * FROM images WHERE id = ?').get(id);
    return row === undefined ? undefined : toRow(row);
  }

  /** Ids that begin with some hex digits, at most two. */
  idsWithPrefix(hex: string): string[] {
    const rows = statement(this.#db, 'SELECT id FROM images WHERE id >= ? AND id < ? LIMIT 2').all(
      `sha256:${hex}`,
      `sha256:${hex}g`,
    );
    return rows.map((row) => String(row['id']));
  }

  all(): ImageRow[] {
    return statement(this.#db, 'SELECT * FROM images').all().map(toRow);
  }

  /** Images committed from this one. */
  childrenOf(id: string): string[] {
    return statement(this.#db, 'SELECT id FROM images WHERE parent = ?')
      .all(id)
      .map((row) => String(row['id']));
  }

  insert(row: ImageRow): void {
    statement(this.#db, 'INSERT OR IGNORE INTO images VALUES (?, ?, ?, ?, ?, ?, ?)').run(
      row.id,
      row.config,
      row.parent,
      row.topLayer ?? null,
      row.size,
      row.storedMs,
      row.taggedMs,
    );
  }

  delete(id: string): void {
    statement(this.#db, 'DELETE FROM images WHERE id = ?').run(id);
  }

  /** Image that a full name (`docker.io/library/x:latest`) leads to. */
  idOfName(name: string): string | undefined {
    const row = statement(this.#db, 'SELECT image_id FROM image_names WHERE name = ?').get(name);
    return row === undefined ? undefined : String(row['image_id']);
  }

  namesOf(id: string): string[] {
    const rows = statement(this.#db, 'SELECT name FROM image_names WHERE image_id = ? ORDER BY name').all(id);
    return rows.map((row) => String(row['name']));
  }

  /** All names with their images, in order of name. */
  names(): { name: string; imageId: string }[] {
    const rows = statement(this.#db, 'SELECT name, image_id FROM image_names ORDER BY name').all();
    return rows.map((row) => ({ name: String(row['name']), imageId: String(row['image_id']) }));
  }

  /**
   * Lets a name lead to an image.
   *
   * @param list digest of the index that the name stands for: images of other ones are not the name's any more
   * @returns the image it led to before
   */
  setName(name: string, id: string, list = ''): string | undefined {
    const before = this.idOfName(name);
    statement(this.#db, 'DELETE FROM image_platforms WHERE name = ? AND list <> ?').run(name, list);
    statement(
      this.#db,
      'INSERT INTO image_names VALUES (?, ?) ON CONFLICT DO UPDATE SET image_id = excluded.image_id',
    ).run(name, id);
    statement(this.#db, 'UPDATE images SET tagged_ms = ? WHERE id = ?').run(Date.now(), id);
    return before;
  }

  /** @returns images for other platforms that the name stood for */
  deleteName(name: string): string[] {
    const others = statement(this.#db, 'DELETE FROM image_platforms WHERE name = ? RETURNING image_id').all(name);
    statement(this.#db, 'DELETE FROM image_names WHERE name = ?').run(name);
    return others.map((row) => String(row['image_id']));
  }

  /** Lets a name lead to another one of the images that it stands for. */
  moveName(name: string, id: string): void {
    statement(this.#db, 'UPDATE image_names SET image_id = ? WHERE name = ?').run(id, name);
  }

  /** A name does not stand for an image on any platform any more. */
  deletePlatforms(name: string, id: string): void {
    statement(this.#db, 'DELETE FROM image_platforms WHERE name = ? AND image_id = ?').run(name, id);
  }

  /** Notes which image a name stands for on a platform. */
  setPlatform(name: string, platform: string, list: string, id: string): void {
    statement(this.#db, 'INSERT OR REPLACE INTO image_platforms VALUES (?, ?, ?, ?)').run(name, platform, list, id);
  }

  /** Images that a name stands for by platform, when it stands for several. */
  platformsOf(name: string): { platform: string; list: string; imageId: string }[] {
    const rows = statement(
      this.#db,
      'SELECT platform, list, image_id FROM image_platforms WHERE name = ? ORDER BY platform',
    ).all(name);
    return rows.map((row) => ({
      platform: String(row['platform']),
      list: String(row['list']),
      imageId: String(row['image_id']),
    }));
  }

  /** Whether a name stands for an image on some platform. */
  isPlatformOfName(id: string): boolean {
    return statement(this.#db, 'SELECT 1 FROM image_platforms WHERE image_id = ?').get(id) !== undefined;
  }
}

function toRow(row: Readonly<Record<string, unknown>>): ImageRow {
  return {
    id: String(row['id']),
    config: String(row['config']),
    parent: String(row['parent']),
    topLayer: row['top_layer'] === null ? undefined : String(row['top_layer']),
    size: Number(row['size']),
    storedMs: Number(row['stored_ms']),
    taggedMs: Number(row['tagged_ms']),
  };
}
