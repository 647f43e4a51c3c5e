import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { EngineOptions } from '#engine/engine.ts';
import { type Core, openCore } from '#engine/open-core.ts';
import { createVolumes } from '#engine/volumes/engine-volumes.ts';
import type { ContainerCreateRequest } from '#spec/docker-api/containers.ts';
import { removeNetworks } from './host-network.ts';
import { assertNothingLeft } from './leaks.ts';

export const IMAGE = 'busybox:latest';
const BUSYBOX = '/bin/busybox';

const FILES: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/home/app:/bin/sh\n',
  'etc/group': 'root:x:0:\nwheel:x:10:root\napp:x:1000:\naudio:x:29:app\n',
  'srv/data/seed': 'from the image\n',
  'opt/no-interpreter': '#!/no/such/shell\n',
  'opt/crlf': '#!/bin/sh\r\necho hi\r\n',
  'opt/garbage': 'not a program\n',
  'opt/plain': 'echo no permission\n',
};

/** A root file system of busybox and a few files, as a tar. */
function busyboxTar(scratch: string): Buffer {
  const root = join(scratch, 'rootfs');
  for (const folder of ['bin', 'etc', 'tmp', 'proc', 'sys', 'dev', 'root', 'home/app', 'srv/data', 'opt', 'sbin']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  cpSync(BUSYBOX, join(root, 'bin/busybox'), { dereference: true });
  for (const [path, text] of Object.entries(FILES)) {
    writeFileSync(join(root, path), text, { mode: path.startsWith('opt/') && path !== 'opt/plain' ? 0o755 : 0o644 });
  }
  execFileSync('chroot', [root, '/bin/busybox', '--install', '/bin']);
  execFileSync('chown', ['-R', '1000:1000', join(root, 'srv/data'), join(root, 'home/app')]);
  return execFileSync('tar', ['-C', root, '-c', '--numeric-owner', '.'], { maxBuffer: 1 << 28 });
}

export interface EngineFixture extends AsyncDisposable {
  /** State of the engine. */
  readonly root: string;
  /** Beside the root. */
  readonly scratch: string;
  readonly core: Core;
  /** Opens the same root once more, as another process would. Closed with the fixture. */
  reopen(options?: Partial<EngineOptions>): Core;
}

/** An engine in a root of its own with an image of busybox; when it is disposed of it must have left nothing. */
export async function openEngineFixture(options: Partial<EngineOptions> = {}): Promise<EngineFixture> {
  const base = mkdtempSync(join(tmpdir(), 'berth-engine-'));
  const root = join(base, 'root');
  const scratch = join(base, 'scratch');
  mkdirSync(scratch);
  const opened: Core[] = [];
  const open = (more: Partial<EngineOptions> = {}) => {
    const core = openCore({ root, ...options, ...more });
    opened.push(core);
    return core;
  };
  const core = open();
  try {
    await core.store.importRootfs(Readable.from([busyboxTar(scratch)], { objectMode: false }), { reference: IMAGE });
  } catch (error) {
    await core.close();
    rmSync(base, { recursive: true, force: true });
    throw error;
  }
  return {
    root,
    scratch,
    core,
    reopen: open,
    [Symbol.asyncDispose]: async () => {
      const last = openCore({ root });
      try {
        await removeAll(last);
        await removeNetworks(last);
        await createVolumes(last.context).prune({ all: ['true'] });
        // Takes away what a killed process had moved aside to delete.
        await last.store.collectGarbage();
        await assertNothingLeft(last, root);
      } finally {
        for (const each of [last, ...opened]) await each.close();
        rmSync(base, { recursive: true, force: true });
      }
    },
  };
}

/** Removes every container, with volumes. */
export async function removeAll(core: Core): Promise<void> {
  for (const { Id } of await core.containers.list({ all: true })) {
    await core.containers.remove(Id, { force: true, volumes: true });
  }
}

/** A request for a container of the fixture's image without a network. */
export function request(cmd: readonly string[], more: ContainerCreateRequest = {}): ContainerCreateRequest {
  return { Image: IMAGE, Cmd: cmd, ...more, HostConfig: { NetworkMode: 'none', ...more.HostConfig } };
}

export interface Run {
  readonly id: string;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Creates, attaches, starts and waits, as `docker run` does. */
export async function run(core: Core, create: ContainerCreateRequest, input?: string): Promise<Run> {
  const { Id } = await core.containers.create(
    input === undefined ? create : { ...create, OpenStdin: true, StdinOnce: true },
  );
  const { tty, stream } = await core.containers.attach(Id, {
    stream: true,
    stdin: input !== undefined,
    stdout: true,
    stderr: true,
  });
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve) => stream.once('close', resolve).once('end', resolve));
  const removed = create.HostConfig?.AutoRemove ?? false;
  const { done } = await core.containers.wait(Id, removed ? 'removed' : 'next-exit');
  await core.containers.start(Id);
  if (input !== undefined) stream.end(input);
  const { StatusCode } = await done;
  await ended;
  const bytes = Buffer.concat(chunks);
  return { id: Id, code: StatusCode, ...(tty ? { stdout: bytes.toString(), stderr: '' } : split(bytes)) };
}

/** Takes apart Docker's frames. */
export function split(bytes: Buffer): { stdout: string; stderr: string } {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at + 4);
    (bytes[at] === 2 ? err : out).push(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return { stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

/** Waits until something holds, looking again and again; fails loudly after half a minute. */
export async function eventually<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`did not come true within 120 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
