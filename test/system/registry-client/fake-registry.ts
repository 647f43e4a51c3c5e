import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { encodeTarHeader, plainEntry, TAR_END, tarPadding } from '#spec/tar/tar-writer.ts';

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX = 'application/vnd.oci.image.index.v1+json';
export const CONFIG = 'application/vnd.oci.image.config.v1+json';
export const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

export const sha256 = (bytes: Uint8Array | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string };
}

/** Answers a request itself, or leaves it to the registry by returning false. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

/** A registry in this process that keeps everything in memory, and misbehaves as a test tells it. */
export class FakeRegistry implements AsyncDisposable {
  readonly blobs = new Map<string, Buffer>();
  /** By repository and tag or digest, `repo:tag` and `repo@sha256:…`. */
  readonly manifests = new Map<string, { readonly bytes: Buffer; readonly type: string }>();
  /** `METHOD path` with the range that was asked for, as they came. */
  readonly seen: string[] = [];
  /** Bytes of blobs that were sent. */
  sent = 0;
  intercept: Intercept = () => false;
  readonly #server: Server;

  /** @param tls certificate and key in PEM; plain HTTP without */
  constructor(tls?: { readonly cert: Buffer; readonly key: Buffer }) {
    const answer = (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response);
    this.#server = tls === undefined ? createServer(answer) : createSecureServer(tls, answer);
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  /** `127.0.0.1:PORT` */
  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** The same by a name that does not say that it is this machine. */
  get distantHost(): string {
    return `0.0.0.0:${this.#port}`;
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  addBlob(bytes: Buffer): string {
    const digest = sha256(bytes);
    this.blobs.set(digest, bytes);
    return digest;
  }

  addManifest(repository: string, tag: string | undefined, document: object | Buffer, type = MANIFEST): Descriptor {
    const bytes = Buffer.isBuffer(document) ? document : Buffer.from(JSON.stringify(document));
    const digest = sha256(bytes);
    this.manifests.set(`${repository}@${digest}`, { bytes, type });
    if (tag !== undefined) this.manifests.set(`${repository}:${tag}`, { bytes, type });
    return { mediaType: type, digest, size: bytes.length };
  }

  /** An image of layers that each have one file of random bytes, so that they do not shrink. */
  addImage(
    repository: string,
    tag: string | undefined,
    sizes: readonly number[],
    more: Partial<ImageOptions> = {},
  ): FakeImage {
    const tars = sizes.map((size, i) => tarOfFile(`file-${more.architecture ?? ''}${i}`, randomBytes(size)));
    const layers = tars.map((tar) => {
      const packed = gzipSync(tar, { level: 1 });
      return { mediaType: LAYER, digest: this.addBlob(packed), size: packed.length };
    });
    const config = Buffer.from(
      JSON.stringify({
        architecture: more.architecture ?? 'amd64',
        os: 'linux',
        config: { Cmd: ['/bin/true'] },
        rootfs: { type: 'layers', diff_ids: tars.map(sha256) },
      }),
    );
    const document = {
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { mediaType: CONFIG, digest: this.addBlob(config), size: config.length },
      layers,
    };
    return { manifest: this.addManifest(repository, tag, document), layers, document, id: sha256(config) };
  }

  /** Sends a part of a blob, and all that is said about it is about the whole. */
  sendBlob(response: ServerResponse, bytes: Buffer, from: number, to: number): void {
    response.writeHead(from === 0 ? 200 : 206, {
      'content-length': bytes.length - from,
      ...(from === 0 ? {} : { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    this.sent += to - from;
    response.write(bytes.subarray(from, to), () => {
      // All of it arrives, then the connection is over.
      if (to < bytes.length) response.socket?.end();
      else response.end();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const range = request.headers.range;
    this.seen.push(`${request.method} ${request.url}${range === undefined ? '' : ` ${range}`}`);
    if (await this.intercept(request, response)) return;
    const url = decodeURIComponent(request.url ?? '');
    if (url === '/v2/') {
      response.end('{}');
      return;
    }
    const manifest = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(url);
    if (manifest !== null) {
      const [, repository, reference = ''] = manifest;
      const found = this.manifests.get(`${repository}${reference.includes(':') ? '@' : ':'}${reference}`);
      if (found === undefined) return refuse(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
      response.writeHead(200, { 'content-type': found.type, 'content-length': found.bytes.length });
      response.end(request.method === 'HEAD' ? undefined : found.bytes);
      return;
    }
    const blob = this.blobs.get(/\/blobs\/(sha256:[a-f0-9]+)$/.exec(url)?.[1] ?? '');
    if (blob === undefined) return refuse(response, 404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    this.sendBlob(response, blob, Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0), blob.length);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

interface ImageOptions {
  readonly architecture: string;
}

export interface FakeImage {
  readonly id: string;
  readonly manifest: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly document: { readonly layers: readonly Descriptor[]; readonly config: Descriptor };
}

export function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  const body = JSON.stringify({ errors: [{ code, message }] });
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

export function tarOfFile(name: string, bytes: Buffer): Buffer {
  return Buffer.concat([
    encodeTarHeader({ ...plainEntry('file', name), size: bytes.length, mode: 0o644 }),
    bytes,
    Buffer.alloc(tarPadding(bytes.length)),
    TAR_END,
  ]);
}
