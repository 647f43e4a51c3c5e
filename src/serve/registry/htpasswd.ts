import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { BerthError, messageOf } from '#base/errors.ts';
import { Limiter } from '#base/limiter.ts';
import { type Gate, parseBasic } from './access.ts';

/** Hashes computed at once: each takes a processor for a while. */
const AT_ONCE = 2;
/** Right passwords remembered (as keyed hashes), so that not each request of a push costs one. */
const REMEMBERED_MAX = 1000;
const BCRYPT = /^\$2[aby]\$\d{2}\$[./A-Za-z0-9]{53}$/;
/** Compared where a user is unknown, so that the time tells nothing. */
const NOBODY = '$2b$10$abcdefghijklmnopqrstuuVkWbTBBZQnKIYWPQZ2hBTx0bm2GFLvG';

/**
 * Reads the lines `USER:HASH` of a file of Apache's htpasswd.
 *
 * @throws unsupported for hashes that are not bcrypt's, naming the line
 */
export function parseHtpasswd(text: string): Map<string, string> {
  const users = new Map<string, string>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    const hash = line.slice(colon + 1).trim();
    if (colon <= 0 || !BCRYPT.test(hash)) {
      const words = `line ${i + 1} of the password file has no bcrypt hash`;
      throw new BerthError('unsupported', 'registry.htpasswd', words, { hint: 'make it with htpasswd -B' });
    }
    users.set(line.slice(0, colon), hash);
  }
  return users;
}

/** Lets in who is in a password file; all of them may do everything. The file is read again when it changes. */
export function openHtpasswdGate(path: string, realm: string): Gate {
  const key = randomBytes(32);
  const limit = new Limiter(AT_ONCE);
  const remembered = new Set<string>();
  let read = readUsers(path, undefined);
  const challenge = `Basic realm="${realm}"`;
  return {
    async check(authorization) {
      const given = parseBasic(authorization);
      if (given === undefined) return { kind: 'unauthorized', challenge };
      const now = readUsers(path, read);
      if (now !== read) remembered.clear();
      read = now;
      const hash = read.users.get(given.user);
      const proof = createHmac('sha256', key).update(`${hash} ${given.user}:${given.password}`).digest('base64');
      if (remembered.has(proof)) return undefined;
      const { compare } = await import('bcryptjs');
      const isRight = await limit.run(() => compare(given.password, hash ?? NOBODY));
      if (!isRight || hash === undefined) return { kind: 'unauthorized', challenge };
      if (remembered.size >= REMEMBERED_MAX) remembered.clear();
      remembered.add(proof);
      return undefined;
    },
  };
}

interface Users {
  readonly users: ReadonlyMap<string, string>;
  readonly stamp: string;
}

function readUsers(path: string, before: Users | undefined): Users {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    const stamp = `${mtimeMs} ${size} ${ino}`;
    if (before?.stamp === stamp) return before;
    return { users: parseHtpasswd(readFileSync(path, 'utf8')), stamp };
  } catch (error) {
    // A file that is being replaced or has become wrong must not let anybody in or out unnoticed: the last good one counts.
    if (before !== undefined) return before;
    throw new BerthError('invalid', 'registry.htpasswd', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}
