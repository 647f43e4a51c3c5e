import { appendFileSync } from 'node:fs';

/** Where messages go and how they look: as containerd, dockerd and podman read the logs of a runtime. */
export interface LogTarget {
  readonly file: string | undefined;
  readonly format: 'text' | 'json';
  readonly debug: boolean;
}

type Level = 'debug' | 'warning' | 'error';

/** Writes one message to the log; to standard error when there is no log file. */
export function writeLog(target: LogTarget, level: Level, message: string): void {
  if (level === 'debug' && !target.debug) return;
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const line =
    target.format === 'json'
      ? JSON.stringify({ level, msg: message, time })
      : `time=${JSON.stringify(time)} level=${level} msg=${JSON.stringify(message)}`;
  if (target.file === undefined) process.stderr.write(`${line}\n`);
  else appendFileSync(target.file, `${line}\n`, { mode: 0o644 });
}

/** An error that ends the command: into the log, and onto standard error for whoever looks there. */
export function logFatal(target: LogTarget, message: string): void {
  writeLog(target, 'error', message);
  if (target.file !== undefined) process.stderr.write(`${message}\n`);
}
