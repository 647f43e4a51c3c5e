import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AttachOptions, attach, waitExit } from '#sys/keeper/attach.ts';
import type { ExitRecord } from '#sys/keeper/exit-record.ts';
import { type Launch, launch } from '#sys/keeper/launch.ts';
import { type BasicOptions, basicPlan, type Scratch } from './basic-plan.ts';

const DEADLINE_MS = 60_000;

/** Polls until the condition gives a value. */
export async function until<T>(what: string, condition: () => T | undefined | false): Promise<T> {
  for (const deadline = Date.now() + DEADLINE_MS; Date.now() < deadline; await sleep(5)) {
    const value = condition();
    if (value !== undefined && value !== false) return value;
  }
  throw new Error(`timed out waiting until ${what}`);
}

/** Docker's frames of a finished attachment, by stream. */
export function demultiplex(bytes: Buffer): { stdout: string; stderr: string } {
  const parts: [Buffer[], Buffer[]] = [[], []];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at + 4);
    parts[bytes[at] === 2 ? 1 : 0].push(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return { stdout: Buffer.concat(parts[0]).toString(), stderr: Buffer.concat(parts[1]).toString() };
}

/** An attachment whose output is gathered. */
export interface Client {
  readonly stream: Duplex;
  readonly ended: Promise<Buffer>;
  text(): string;
}

export async function client(runDir: string, options: Partial<AttachOptions> = {}): Promise<Client> {
  const stream = await attach(runDir, { stdin: true, stdout: true, stderr: true, ...options });
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<Buffer>((resolve) => {
    stream.once('end', () => resolve(Buffer.concat(chunks)));
    stream.once('close', () => resolve(Buffer.concat(chunks)));
  });
  return { stream, ended, text: () => Buffer.concat(chunks).toString('latin1') };
}

export interface Finished {
  readonly record: ExitRecord;
  readonly stdout: string;
  readonly stderr: string;
  readonly runDir: string;
}

/** Launches, attaches, starts, waits. */
export async function runToEnd(scratch: Scratch, options: BasicOptions): Promise<Finished> {
  const paths = scratch.run();
  const launched = await launch(basicPlan(paths, scratch.lower, options));
  const attached = await client(paths.runDir, { stdin: false });
  await launched.start();
  const record = await waitExit(paths.runDir);
  const bytes = await attached.ended;
  const terminal = options.stdio?.kind === 'terminal';
  const output = terminal ? { stdout: bytes.toString(), stderr: '' } : demultiplex(bytes);
  return { record, ...output, runDir: paths.runDir };
}

export async function started(scratch: Scratch, options: BasicOptions): Promise<Launch & { runDir: string }> {
  const paths = scratch.run();
  const launched = await launch(basicPlan(paths, scratch.lower, options));
  await launched.start();
  return Object.assign(launched, { runDir: paths.runDir });
}

export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Waits until no process works in the scratch folder, then checks that no mount of it is left. */
export async function assertNothingLeft(scratch: Scratch): Promise<void> {
  await until('no process is left', () => processesIn(scratch.dir).length === 0);
  assert.doesNotMatch(readFileSync('/proc/self/mountinfo', 'utf8'), new RegExp(scratch.dir));
}

function processesIn(dir: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readlinkSync(`/proc/${name}/cwd`).startsWith(dir);
    } catch {
      return false;
    }
  });
}
