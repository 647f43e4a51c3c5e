import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { hash } from 'bcryptjs';
import { REGISTRY_SCHEMA } from '#engine/state/registry-schema.ts';
import { openApi } from '#main/open-api.ts';
import { openDatabase } from '#store/metadata/database.ts';
import { STORE_SCHEMA } from '#store/metadata/schema.ts';
import { eventually } from '../../lib/engine-fixture.ts';
import { runCliWith } from '../../lib/run-cli.ts';
import {
  digestOf,
  MANIFEST,
  pushBlob,
  pushImage,
  putManifest,
  serveRegistry,
  someBytes,
  temporaryRoot,
} from './registry-process.ts';

const PROGRAM = fileURLToPath(new URL('../../../src/main/berth.ts', import.meta.url));
const run = promisify(execFile);

async function codeOf(response: Response): Promise<string> {
  const body = (await response.json()) as { errors: { code: string }[] };
  return `${response.status} ${body.errors[0]!.code}`;
}

test('registry serve goes on with an upload after kill -9', async () => {
  using root = temporaryRoot();
  const bytes = someBytes(5_000_000);
  let location: string;
  {
    await using first = await serveRegistry(root.path);
    const begun = await fetch(`${first.url}/v2/a/b/blobs/uploads/`, { method: 'POST' });
    location = begun.headers.get('location')!;
    const patched = await fetch(first.url + location, { method: 'PATCH', body: bytes.subarray(0, 2_000_000) });
    assert.equal(patched.headers.get('range'), '0-1999999');
    assert.equal(await first.end('SIGKILL'), 'SIGKILL');
  }
  await using second = await serveRegistry(root.path);
  const asked = await fetch(second.url + location);
  assert.equal(asked.status, 204);
  const had = Number(asked.headers.get('range')!.split('-')[1]) + 1;
  assert.equal(had, 2_000_000);
  const early = await fetch(second.url + location, {
    method: 'PATCH',
    body: bytes.subarray(had),
    headers: { 'content-range': `${had + 1}-${bytes.length}` },
  });
  assert.equal(early.status, 416);
  const done = await fetch(`${second.url}${location}?digest=${digestOf(bytes)}`, {
    method: 'PUT',
    body: bytes.subarray(had),
    headers: { 'content-range': `${had}-${bytes.length - 1}` },
  });
  assert.equal(done.status, 201);
  const got = await fetch(second.url + done.headers.get('location')!, { headers: { range: 'bytes=1999990-2000009' } });
  assert.equal(got.status, 206);
  assert.deepEqual(Buffer.from(await got.arrayBuffer()), bytes.subarray(1_999_990, 2_000_010));
  assert.equal(await second.end('SIGTERM'), 0);
});

test('registry serve refuses what is not what it says', async () => {
  using root = temporaryRoot();
  await using server = await serveRegistry(root.path, ['--max-blob-size', '1m']);
  const { url } = server;
  const wrong = await fetch(`${url}/v2/a/blobs/uploads/?digest=${digestOf('x')}`, { method: 'POST', body: 'y' });
  assert.equal(await codeOf(wrong), '400 DIGEST_INVALID');
  const large = await fetch(`${url}/v2/a/blobs/uploads/?digest=${digestOf('x')}`, {
    method: 'POST',
    body: someBytes(2_000_000),
  });
  assert.equal(await codeOf(large), '413 SIZE_INVALID');
  const digest = await pushBlob(url, 'a', Buffer.from('config'));
  const layer = { mediaType: MANIFEST, digest: digestOf('nowhere'), size: 7 };
  const manifest = (config: object, layers: object[]) =>
    JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config: { mediaType: 'x/y', ...config }, layers });
  const good = { digest, size: 6 };
  assert.equal(await codeOf(await putManifest(url, 'a', 't', manifest(good, [layer]))), '404 MANIFEST_BLOB_UNKNOWN');
  assert.equal(await codeOf(await putManifest(url, 'a', 't', manifest({ digest, size: 5 }, []))), '400 SIZE_INVALID');
  assert.equal(await codeOf(await putManifest(url, 'a', 't', '{}')), '400 MANIFEST_INVALID');
  assert.equal(await codeOf(await putManifest(url, 'a', digestOf('z'), manifest(good, []))), '400 DIGEST_INVALID');
  const escapes = ['a%2F..%2F..%2Fetc/blobs/sha256:0', 'A/tags/list', 'a/manifests/..%2F..', 'a/blobs/sha256:%2e%2e'];
  for (const path of escapes) {
    const response = await fetch(`${url}/v2/${path}`);
    assert.ok(response.status === 400 || response.status === 404, `${path}: ${response.status}`);
  }
  assert.equal((await fetch(`${url}/v2/a/tags/list`)).status, 200, 'it goes on serving');
});

test('registry serve keeps one blob of eight pushes at once', async () => {
  using root = temporaryRoot();
  await using server = await serveRegistry(root.path);
  const bytes = someBytes(3_000_000);
  const digests = await Promise.all(Array.from({ length: 8 }, (_, i) => pushBlob(server.url, `r${i}`, bytes)));
  assert.deepEqual([...new Set(digests)], [digestOf(bytes)]);
  const got = await fetch(`${server.url}/v2/r7/blobs/${digests[0]}`);
  assert.deepEqual(Buffer.from(await got.arrayBuffer()), bytes);
});

test('registry gc frees what no manifest lists, beside pushes', async () => {
  using root = temporaryRoot();
  await using server = await serveRegistry(root.path);
  const { url } = server;
  const manifest = await pushImage(url, 'app', 'one', someBytes(10_000));
  const orphan = await pushBlob(url, 'app', someBytes(20_000));
  const collect = (...flags: string[]) =>
    run(process.execPath, [PROGRAM, '--root', root.path, 'registry', 'gc', '--format', 'json', ...flags]);
  const pushes = Promise.all(Array.from({ length: 6 }, (_, i) => pushImage(url, 'app', `p${i}`, someBytes(200_000))));
  const early = JSON.parse((await collect()).stdout) as { blobs: number };
  assert.equal(early.blobs, 0, 'what came lately stays');
  await pushes;
  const late = JSON.parse((await collect('--grace', '0s', '--untagged')).stdout) as { blobs: number; bytes: number };
  assert.equal(late.blobs, 1);
  assert.equal(late.bytes, 20_000);
  assert.equal((await fetch(`${url}/v2/app/blobs/${orphan}`)).status, 404);
  assert.equal(await (await fetch(`${url}/v2/app/manifests/one`)).text(), manifest);
  for (let i = 0; i < 6; i++) {
    const { layers } = (await (await fetch(`${url}/v2/app/manifests/p${i}`)).json()) as {
      layers: { digest: string }[];
    };
    const got = await fetch(`${url}/v2/app/blobs/${layers[0]!.digest}`);
    assert.equal(digestOf(Buffer.from(await got.arrayBuffer())), layers[0]!.digest);
  }
  assert.equal((await fetch(`${url}/v2/app/manifests/one`, { method: 'DELETE' })).status, 202);
  const untagged = JSON.parse((await collect('--grace', '0s', '--untagged')).stdout) as { manifests: number };
  assert.equal(untagged.manifests, 1);
});

test('registry serve lets in by password file', async () => {
  using root = temporaryRoot();
  const file = join(root.path, 'users');
  writeFileSync(file, `# people\nalice:${await hash('pa:ss', 4)}\n`);
  await using server = await serveRegistry(root.path, ['--htpasswd', file]);
  const ask = (text?: string) =>
    fetch(`${server.url}/v2/`, text === undefined ? {} : { headers: { authorization: `Basic ${btoa(text)}` } });
  const refused = await ask();
  assert.equal(refused.headers.get('www-authenticate'), 'Basic realm="Berth registry"');
  assert.equal(await codeOf(refused), '401 UNAUTHORIZED');
  assert.equal((await ask('alice:wrong')).status, 401);
  assert.equal((await ask('bob:pa:ss')).status, 401);
  assert.equal((await ask('alice:pa:ss')).status, 200);
  writeFileSync(file, `bob:${await hash('other', 4)}\n`);
  assert.equal((await ask('alice:pa:ss')).status, 401, 'the file is read again');
});

function tokenOf(key: Parameters<typeof sign>[2], claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

test('registry serve lets in by token, for what the token says', async () => {
  using root = temporaryRoot();
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const keys = join(root.path, 'keys.pem');
  writeFileSync(keys, publicKey.export({ type: 'spki', format: 'pem' }));
  const flags = ['--token-realm', 'http://auth.test/token', '--token-service', 'reg', '--token-issuer', 'auth'];
  await using server = await serveRegistry(root.path, [...flags, '--token-keys', keys]);
  const ask = (path: string, token?: string, method = 'GET') =>
    fetch(`${server.url}/v2/${path}`, {
      method,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
  const asked = await ask('a/b/blobs/uploads/', undefined, 'POST');
  const challenge = 'Bearer realm="http://auth.test/token",service="reg",scope="repository:a/b:pull,push"';
  assert.equal(asked.headers.get('www-authenticate'), challenge);
  const exp = Math.floor(Date.now() / 1000) + 300;
  const claims = { iss: 'auth', aud: 'reg', exp, access: [{ type: 'repository', name: 'a/b', actions: ['pull'] }] };
  const token = tokenOf(privateKey, claims);
  assert.equal((await ask('', token)).status, 200);
  assert.equal((await ask('a/b/tags/list', token)).status, 404, 'let in, and nothing there');
  assert.equal((await ask('a/b/blobs/uploads/', token, 'POST')).status, 401);
  assert.equal((await ask('other/tags/list', token)).status, 401);
  for (const bad of [{ exp: exp - 1000 }, { aud: 'else' }, { iss: 'else' }, { exp: undefined }])
    assert.equal((await ask('', tokenOf(privateKey, { ...claims, ...bad }))).status, 401, JSON.stringify(bad));
  assert.equal((await ask('', tokenOf(other, claims))).status, 401, 'signed by somebody else');
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`;
  assert.equal((await ask('', none)).status, 401, 'not signed');
});

test('registry serve --mirror serves what another registry has, also when that is gone', async () => {
  using origin = temporaryRoot();
  using root = temporaryRoot();
  await using first = await serveRegistry(origin.path);
  const layer = someBytes(2_000_000);
  const manifest = await pushImage(first.url, 'app', 'v1', layer);
  await using mirror = await serveRegistry(root.path, ['--mirror', first.url]);
  const pull = async () => {
    assert.equal(await (await fetch(`${mirror.url}/v2/app/manifests/v1`)).text(), manifest);
    const got = await fetch(`${mirror.url}/v2/app/blobs/${digestOf(layer)}`);
    assert.deepEqual(Buffer.from(await got.arrayBuffer()), layer);
  };
  await Promise.all([pull(), pull(), pull()]);
  assert.equal((await fetch(`${mirror.url}/v2/app/blobs/uploads/`, { method: 'POST' })).status, 405);
  assert.equal((await fetch(`${mirror.url}/v2/app/manifests/v2`)).status, 404);
  await first.end('SIGTERM');
  await pull();
});

test('registry serve --mirror-size lets go of what was asked for longest ago, and fetches it again', async () => {
  using origin = temporaryRoot();
  using root = temporaryRoot();
  await using first = await serveRegistry(origin.path);
  const layers = [someBytes(300_000), someBytes(300_000), someBytes(300_000)];
  const files = () => readdirSync(join(root.path, 'blobs/sha256'));
  const isKept = (layer: Buffer) => files().includes(digestOf(layer).slice('sha256:'.length));
  for (const [i, layer] of layers.entries()) await pushImage(first.url, 'app', `v${i}`, layer);
  const get = async (url: string, layer: Buffer, i: number) => {
    await (await fetch(`${url}/v2/app/manifests/v${i}`)).text();
    const got = await fetch(`${url}/v2/app/blobs/${digestOf(layer)}`);
    assert.deepEqual(Buffer.from(await got.arrayBuffer()), layer);
  };
  {
    await using mirror = await serveRegistry(root.path, ['--mirror', first.url]);
    for (const [i, layer] of layers.entries()) await get(mirror.url, layer, i);
    assert.equal(await mirror.end('SIGTERM'), 0);
  }
  const db = openDatabase(root.path, [STORE_SCHEMA, REGISTRY_SCHEMA]);
  // As if the first had been asked for an hour ago, the second half an hour ago.
  const age = db.prepare('UPDATE registry_blobs SET touched_ms = touched_ms - ? WHERE digest = ?');
  for (const [i, layer] of layers.entries()) age.run((2 - i) * 1_800_000, digestOf(layer));
  db.close();
  const flags = ['--mirror', first.url, '--mirror-size', '650000', '--gc-interval', '200ms'];
  await using mirror = await serveRegistry(root.path, flags);
  await eventually('the oldest copy is gone', () => (isKept(layers[0]!) ? undefined : true));
  assert.ok(isKept(layers[1]!) && isKept(layers[2]!));
  await get(mirror.url, layers[0]!, 0);
  await eventually('the next one has made room', () => (isKept(layers[1]!) ? undefined : true));
  assert.ok(isKept(layers[0]!));
});

test('registry serve keeps what came of an upload whose connection broke', async () => {
  using root = temporaryRoot();
  await using server = await serveRegistry(root.path);
  const begun = await fetch(`${server.url}/v2/a/blobs/uploads/`, { method: 'POST' });
  const location = begun.headers.get('location')!;
  const bytes = someBytes(4_000_000);
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes.length}\r\n\r\n`);
  socket.write(bytes.subarray(0, 3_000_000));
  const size = async () => {
    const range = (await fetch(server.url + location)).headers.get('range')!;
    return Number(range.split('-')[1]) + 1;
  };
  const deadline = Date.now() + 60_000;
  while ((await size()) < 1_000_000) assert.ok(Date.now() < deadline, 'bytes come');
  socket.destroy();
  // The request that comes again takes the upload over from the one that broke.
  const from = await size();
  const first = await fetch(`${server.url}${location}`, {
    method: 'PATCH',
    body: bytes.subarray(from),
    headers: { 'content-range': `${from}-${bytes.length - 1}` },
  });
  assert.ok(first.status === 202 || first.status === 416, String(first.status));
  const rest = await size();
  const done = await fetch(`${server.url}${location}?digest=${digestOf(bytes)}`, {
    method: 'PUT',
    body: bytes.subarray(rest),
    headers: { 'content-length': String(bytes.length - rest) },
  });
  assert.equal(done.status, 201);
});

test('system fsck lets a registry forget what is damaged, so that the next push brings it back', async () => {
  using root = temporaryRoot();
  await using registry = await serveRegistry(root.path);
  const { url } = registry;
  const layer = someBytes(1000);
  const manifest = await pushImage(url, 'a', 'good', layer);
  const api = await openApi(root.path, PROGRAM);
  const fsck = () => runCliWith(api.dispatch, ['system', 'fsck', '--repair'], { cwd: root.path, env: {} });
  assert.match((await fsck()).stdout, /agree/);
  const fileOf = (digest: string) => join(root.path, 'blobs/sha256', digest.slice('sha256:'.length));
  writeFileSync(fileOf(digestOf(layer)), 'damaged');
  writeFileSync(fileOf(digestOf(manifest)), 'damaged');
  const { stdout } = await fsck();
  assert.equal(stdout.match(/blob\.damaged .* push it again/g)?.length, 2, stdout);
  assert.equal((await fetch(`${url}/v2/a/blobs/${digestOf(layer)}`)).status, 404);
  assert.equal((await fetch(`${url}/v2/a/manifests/good`)).status, 404);
  assert.equal(await pushImage(url, 'a', 'good', layer), manifest);
  assert.match((await fsck()).stdout, /agree/);
  await api.close();
});
