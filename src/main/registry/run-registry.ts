/** `berth registry serve` and what belongs to it. */
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { BerthError, messageOf } from '#base/errors.ts';
import type { RegistryCollectReport, RegistryCollectSettings, RegistryServerSettings } from '#cli/command.ts';
import { openCredentials } from '#distribution/credentials/open-credentials.ts';
import type { Registry } from '#engine/registry/api.ts';
import { openRegistry } from '#engine/registry/open-registry.ts';
import { openUpstream } from '#engine/registry/upstream.ts';
import { type Gate, OPEN_GATE } from '#serve/registry/access.ts';
import { openHtpasswdGate } from '#serve/registry/htpasswd.ts';
import { createRegistryServer } from '#serve/registry/serve-registry.ts';
import { openTokenGate } from '#serve/registry/token-gate.ts';
import packageFile from '../../../package.json' with { type: 'json' };
import { createLog, LEVELS, type Level, type Log } from '../daemon/log.ts';
import { readTlsOptions } from '../daemon/tls-files.ts';

type AnyServer = Server | SecureServer;

/**
 * Serves until it is told to end (SIGTERM, SIGINT); running requests may end then.
 *
 * @returns the exit status
 */
export async function runRegistry(settings: RegistryServerSettings, root: string): Promise<number> {
  const log = createLog(levelOf(settings.logLevel), (line) => process.stderr.write(line));
  const gate = gateOf(settings);
  const tls = settings.tls === undefined ? undefined : readTlsOptions(settings.tls);
  const addresses = settings.listen.map(parseAddress);
  const told = new Promise<string>((done) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => done(signal));
  });
  const registry = openRegistry({
    root: resolve(root),
    blobBytesMax: settings.blobBytesMax,
    allowMissing: settings.allowMissing,
    uploadExpiryMs: settings.uploadExpiryMs,
    upstream: await upstreamOf(settings),
    copyBytesMax: settings.mirrorBytesMax,
  });
  const isReadOnly = settings.isReadOnly || settings.mirror !== undefined;
  const servers: AnyServer[] = [];
  try {
    for (const address of addresses) {
      const server = createRegistryServer({
        registry,
        gate,
        isReadOnly,
        tls,
        onAnswer: ({ method, path, status, ms, client, failure }) => {
          const facts = {
            method,
            path,
            status,
            ms: Math.round(ms),
            client,
            ...(failure === undefined ? {} : { failure }),
          };
          log.write(failure === undefined ? 'info' : 'error', 'request', facts);
        },
      });
      await listen(server, address);
      servers.push(server);
      log.write('info', 'registry listens', { address: shownAddress(server, tls !== undefined) });
      if (!isReadOnly) warnOfOpenAddress(log, address.host, gate);
    }
    const stopCollecting = collectNowAndThen(registry, settings.collect, log);
    log.write('info', 'registry is ready', { root: resolve(root), pid: process.pid });
    log.write('info', 'registry ends', { signal: await told });
    await stopCollecting();
  } finally {
    await Promise.all(servers.map((server) => closeServer(server, settings.graceMs)));
    await registry.close();
  }
  return 0;
}

/** One collection, also while a server runs on the same root. */
export async function collectOnce(how: RegistryCollectSettings, root: string): Promise<RegistryCollectReport> {
  const registry = openRegistry({ root: resolve(root) });
  try {
    return await registry.collect(how);
  } finally {
    await registry.close();
  }
}

function levelOf(text: string): Level {
  const level = LEVELS.find((each) => each === text);
  if (level === undefined) throw new BerthError('invalid', 'registry.log-level', `invalid logging level: ${text}`);
  return level;
}

function gateOf({ htpasswd, realm, token }: RegistryServerSettings): Gate {
  if (htpasswd !== undefined) return openHtpasswdGate(htpasswd, realm.replaceAll(/["\\\r\n]/g, ''));
  if (token === undefined) return OPEN_GATE;
  let keys: string;
  try {
    keys = readFileSync(token.keys, 'utf8');
  } catch (cause) {
    const words = `cannot read the keys of tokens ${token.keys}: ${messageOf(cause)}`;
    throw new BerthError('invalid', 'registry.token-key', words, { cause });
  }
  return openTokenGate({ ...token, keys });
}

async function upstreamOf({ mirror }: RegistryServerSettings) {
  if (mirror === undefined) return undefined;
  const host = mirror.replace(/^https?:\/\//, '').replace(/\/$/, '');
  const name = host === 'registry-1.docker.io' ? 'https://index.docker.io/v1/' : host;
  const credential = await openCredentials(undefined, process.env).get(name);
  return openUpstream({ url: mirror, credential, env: process.env, userAgent: `berth/${packageFile.version}` });
}

/** @throws invalid for anything but `[ADDRESS]:PORT` */
export function parseAddress(text: string): { host: string | undefined; port: number } {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const isWrong = match === null || Number(match[3]) > 65535 || (match[1] !== undefined && isIP(host) !== 6);
  if (isWrong) {
    const words = `invalid address ${JSON.stringify(text)}: wanted ADDRESS:PORT, as in 127.0.0.1:5000`;
    throw new BerthError('invalid', 'registry.listen', words);
  }
  return { host: host === '' ? undefined : host, port: Number(match[3]) };
}

async function listen(server: AnyServer, { host, port }: { host: string | undefined; port: number }): Promise<void> {
  const { promise, resolve: done, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host, port }, done);
  try {
    await promise;
  } catch (cause) {
    throw new BerthError('unavailable', 'registry.listen', `cannot listen: ${messageOf(cause)}`, { cause });
  }
}

function shownAddress(server: AnyServer, isSecure: boolean): string {
  const address = server.address();
  if (typeof address !== 'object' || address === null) return String(address);
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `${isSecure ? 'https' : 'http'}://${host}:${address.port}`;
}

function warnOfOpenAddress(log: Log, host: string | undefined, gate: Gate): void {
  const isLocal = host === 'localhost' || host === '::1' || host?.startsWith('127.') === true;
  if (gate === OPEN_GATE && !isLocal)
    log.write('warn', 'whoever reaches this address may push and delete: use --htpasswd, --token-realm or --read-only');
}

/** @returns stops it, and waits for one that runs */
function collectNowAndThen(
  registry: Registry,
  { intervalMs, graceMs, untagged }: RegistryServerSettings['collect'],
  log: Log,
): () => Promise<void> {
  if (intervalMs === 0) return async () => {};
  let running: Promise<void> | undefined;
  const collect = async () => {
    try {
      const { manifests, blobs, uploads, bytes } = await registry.collect({ graceMs, untagged });
      const level = manifests + blobs + uploads > 0 ? 'info' : 'debug';
      log.write(level, 'garbage is collected', { manifests, blobs, uploads, bytes });
    } catch (error) {
      log.write('error', 'garbage is not collected', { failure: messageOf(error) });
    }
    running = undefined;
  };
  const timer = setInterval(() => {
    running ??= collect();
  }, intervalMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
}

async function closeServer(server: AnyServer, graceMs: number): Promise<void> {
  const closed = new Promise<void>((done) => server.close(() => done()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}
