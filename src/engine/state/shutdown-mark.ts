import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';
import { isTokenAlive } from './process-token.ts';

function markPath(root: string): string {
  return `${root}/run/shutdown`;
}

/** True while a process shuts the containers of a root down: what ends then is not restarted. */
export function isShuttingDown(root: string): boolean {
  try {
    return isTokenAlive(readFileSync(markPath(root), 'utf8'));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Says that this process shuts down, until it is disposed of or the process ends. */
export function markShutdown(root: string, token: string): Disposable {
  mkdirSync(`${root}/run`, { recursive: true, mode: 0o711 });
  writeFileSync(markPath(root), token);
  return { [Symbol.dispose]: () => rmSync(markPath(root), { force: true }) };
}
