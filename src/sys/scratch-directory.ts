/** Directories for the time of one piece of work, below the machine's temporary directory. */
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, startTimeOf } from './proc.ts';

/** `berth-scratch-PID-STARTTIME-` and what makes it unique. */
const NAME = /^berth-scratch-(\d+)-(\d+)-/;

/** Removes what processes of this user left that were killed. */
export function sweepScratch(folder = tmpdir()): void {
  for (const name of readdirSync(folder)) {
    const [, pid, start] = NAME.exec(name) ?? [];
    if (pid === undefined || start === undefined || isAlive({ pid: Number(pid), startTime: BigInt(start) })) continue;
    const path = join(folder, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    // Everybody may put something of that name there, and change it while it is being removed.
    if (found?.isDirectory() && found.uid === process.geteuid?.()) rmSync(path, { recursive: true, force: true });
  }
}

/**
 * Makes an empty directory that only this user may enter; disposing of it removes it. One that a killed process leaves is removed by
 * the next that makes one.
 *
 * @param folder where
 */
export function makeScratch(folder = tmpdir()): { readonly path: string } & Disposable {
  sweepScratch(folder);
  const path = mkdtempSync(join(folder, `berth-scratch-${process.pid}-${startTimeOf(process.pid)}-`));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
