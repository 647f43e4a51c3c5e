import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BerthError, messageOf } from '#base/errors.ts';

/** Beside the database: an empty file whose lock is held by the daemon of the root, and the daemon's pid for messages. */
const LOCK_FILE = 'daemon.lock';
const PID_FILE = 'daemon.pid';

/**
 * Makes this process the one daemon of a root. The lock is the kernel's (fcntl, taken by way of SQLite), so that it ends with
 * the process however that ends.
 *
 * @returns gives it back
 * @throws conflict when another process holds it
 */
export function lockRoot(root: string): Disposable {
  const path = join(root, LOCK_FILE);
  closeSync(openSync(path, 'a', 0o600));
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec('PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE');
  } catch (cause) {
    db.close();
    if (!/locked/.test(messageOf(cause))) throw cause;
    throw new BerthError('conflict', 'daemon.running', `a daemon already serves ${root}${holderOf(root)}`, { cause });
  }
  writeFileSync(join(root, PID_FILE), `${process.pid}\n`, { mode: 0o644 });
  return { [Symbol.dispose]: () => db.close() };
}

function holderOf(root: string): string {
  try {
    return `: process ${readFileSync(join(root, PID_FILE), 'utf8').trim()}`;
  } catch {
    return '';
  }
}
