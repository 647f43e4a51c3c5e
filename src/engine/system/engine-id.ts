import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '#base/errors.ts';

/** The id of the engine with this root, made once; processes that make it at once agree on one. */
export function engineId(root: string): string {
  const path = join(root, 'engine-id');
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  const id = randomUUID();
  const draft = `${path}.${id}`;
  writeFileSync(draft, `${id}\n`, { mode: 0o644 });
  try {
    linkSync(draft, path);
    return id;
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    return readFileSync(path, 'utf8').trim();
  } finally {
    rmSync(draft);
  }
}
