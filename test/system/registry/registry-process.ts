/** `berth registry serve` in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../../src/main/berth.ts', import.meta.url));

export interface RegistryProcess extends AsyncDisposable {
  readonly url: string;
  /** `HOST:PORT` */
  readonly host: string;
  readonly process: ChildProcess;
  end(signal: NodeJS.Signals): Promise<number | string>;
}

/** A directory that is removed in the end. */
export function temporaryRoot(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'berth-registry-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Starts a registry on a free port and waits until it listens. */
export async function serveRegistry(
  root: string,
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<RegistryProcess> {
  const words = [PROGRAM, '--root', root, 'registry', 'serve', '--listen', '127.0.0.1:0', ...flags];
  const child = spawn(process.execPath, words, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  const exited = once(child, 'exit');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let log = '';
  child.stderr.on('data', (piece: Buffer) => {
    log += piece.toString();
    const url = /msg="registry listens" address=(\S+)/.exec(log)?.[1];
    if (url !== undefined && log.includes('registry is ready')) resolve(url);
  });
  void exited.then(() => reject(new Error(`the registry ended: ${log}`)));
  const url = await promise;
  const end = async (signal: NodeJS.Signals): Promise<number | string> => {
    child.kill(signal);
    const [status, by] = (await exited) as [number | null, string | null];
    return status ?? by ?? '';
  };
  return {
    url,
    host: new URL(url).host,
    process: child,
    end,
    [Symbol.asyncDispose]: async () => void (await end('SIGKILL')),
  };
}

export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function someBytes(size: number): Buffer<ArrayBuffer> {
  return Buffer.from(randomBytes(size));
}

/** Pushes a blob with one request. */
export async function pushBlob(url: string, repository: string, bytes: Buffer<ArrayBuffer>): Promise<string> {
  const digest = digestOf(bytes);
  const response = await fetch(`${url}/v2/${repository}/blobs/uploads/?digest=${digest}`, {
    method: 'POST',
    body: bytes,
    headers: { 'content-type': 'application/octet-stream' },
  });
  if (response.status !== 201) throw new Error(`${response.status}: ${await response.text()}`);
  return digest;
}

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** Pushes a manifest with one layer. @returns its bytes */
export async function pushImage(url: string, repository: string, tag: string, layer: Buffer<ArrayBuffer>) {
  const config = Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}');
  await pushBlob(url, repository, layer);
  await pushBlob(url, repository, config);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
    layers: [{ mediaType: 'application/vnd.example.data', digest: digestOf(layer), size: layer.length }],
  });
  const answer = await putManifest(url, repository, tag, manifest);
  if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`);
  return manifest;
}

export function putManifest(url: string, repository: string, reference: string, manifest: string): Promise<Response> {
  return fetch(`${url}/v2/${repository}/manifests/${reference}`, {
    method: 'PUT',
    body: manifest,
    headers: { 'content-type': MANIFEST },
  });
}
