/**
 * skopeo, podman and docker as clients of Berth's registry. Needs root and a Debian mirror: a command of its own
 * (`npm run test:registries`). Debian's docker-registry as a server is part of the system tests.
 */
import assert from 'node:assert/strict';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { after, before, test } from 'node:test';
import { hashSync } from 'bcryptjs';
import { serveRegistry } from '../system/registry/registry-process.ts';
import { openClientFixture } from '../system/registry-client/client-fixture.ts';
import { makeCertificate, startTokenServer } from '../system/registry-client/docker-registry.ts';
import { FakeRegistry } from '../system/registry-client/fake-registry.ts';
import { clientEnvironment, fetchClients, run, startDockerEngine } from './clients.ts';

const folder = mkdtempSync(join(tmpdir(), 'berth-registries-'));
const archive = join(folder, 'tool.tar');
const env = clientEnvironment(folder);
let imageId: string;

/** Runs a program that must succeed. @returns what it wrote */
async function ok(program: string, ...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await run(env, program, ...words);
  assert.equal(status, 0, `${program} ${words.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

before(async () => {
  fetchClients();
  await using fixture = await openClientFixture();
  const { registry, pull, store } = fixture;
  registry.addImage('tool', '1', [200_000, 3000]);
  imageId = await pull('tool:1');
  store.store.tagImage(imageId, 'team/tool', '1');
  const file = createWriteStream(archive);
  await finished(store.store.save(['team/tool:1']).pipe(file));
});

after(() => rmSync(folder, { recursive: true, force: true }));

function htpasswd(): string {
  const path = join(folder, 'htpasswd');
  writeFileSync(path, `alice:${hashSync('secret', 4)}\n`);
  return path;
}

test('skopeo copies, lists, inspects, mounts and deletes, with a password', async () => {
  await using registry = await serveRegistry(join(folder, 'skopeo'), ['--htpasswd', htpasswd()]);
  const at = (name: string) => `docker://${registry.host}/${name}`;
  const creds = ['--creds', 'alice:secret'];
  const plain = (side: 'src' | 'dest') => [`--${side}-tls-verify=false`, `--${side}-creds`, 'alice:secret'];
  const wrong = await run(
    env,
    'skopeo',
    'copy',
    '--dest-tls-verify=false',
    '--dest-creds',
    'alice:no',
    `docker-archive:${archive}`,
    at('a/tool:1'),
  );
  assert.notEqual(wrong.status, 0);
  assert.match(wrong.stderr, /unauthorized|authentication required/i);
  await ok('skopeo', 'copy', ...plain('dest'), `docker-archive:${archive}`, at('a/tool:1'));
  await ok('skopeo', 'copy', ...plain('src'), ...plain('dest'), at('a/tool:1'), at('b/tool:2'));
  await ok(
    'skopeo',
    'copy',
    ...plain('dest'),
    '--format',
    'oci',
    '--dest-compress-format',
    'zstd',
    `oci-archive:${archive}`,
    at('b/tool:zstd'),
  );
  const tags = JSON.parse(await ok('skopeo', 'list-tags', '--tls-verify=false', ...creds, at('b/tool'))) as {
    Tags: string[];
  };
  assert.deepEqual(tags.Tags, ['2', 'zstd']);
  const raw = await ok('skopeo', 'inspect', '--tls-verify=false', ...creds, '--raw', at('b/tool:2'));
  assert.equal((JSON.parse(raw) as { config: { digest: string } }).config.digest, imageId);
  await ok('skopeo', 'copy', ...plain('src'), at('b/tool:zstd'), `oci:${join(folder, 'layout')}:back`);
  await ok(
    'skopeo',
    'sync',
    '--src-tls-verify=false',
    '--src-creds',
    'alice:secret',
    '--src',
    'docker',
    '--dest',
    'dir',
    `${registry.host}/b/tool`,
    join(folder, 'synced'),
  );
  await ok('skopeo', 'delete', '--tls-verify=false', ...creds, at('a/tool:1'));
  assert.notEqual((await run(env, 'skopeo', 'inspect', '--tls-verify=false', ...creds, at('a/tool:1'))).status, 0);
});

test('skopeo brings tokens for what it does, and certificates', async () => {
  const signer = makeCertificate(join(folder, 'signer'), 'signer');
  const server = makeCertificate(join(folder, 'server'), 'server', 'IP:127.0.0.1');
  await using tokens = await startTokenServer(signer, 'alice', 'secret');
  const flags = ['--token-realm', tokens.realm, '--token-service', 'registry', '--token-issuer', 'test-issuer'];
  const tls = ['--tls-cert', server.certificate, '--tls-key', server.key];
  await using registry = await serveRegistry(join(folder, 'tokens'), [
    ...flags,
    '--token-keys',
    signer.certificate,
    ...tls,
  ]);
  const certificates = join(folder, 'skopeo-certs');
  mkdirSync(certificates);
  writeFileSync(join(certificates, 'ca.crt'), await ok('cat', server.certificate));
  const words = [
    'copy',
    '--dest-creds',
    'alice:secret',
    `docker-archive:${archive}`,
    `docker://${registry.host}/tool:1`,
  ];
  assert.match((await run(env, 'skopeo', ...words)).stderr, /x509|certificate/);
  await ok('skopeo', ...words.slice(0, 1), '--dest-cert-dir', certificates, ...words.slice(1));
  assert.ok(tokens.scopes.includes('repository:tool:pull,push'), tokens.scopes.join());
});

test('podman pushes, pulls, searches and pushes a manifest list', async () => {
  await using registry = await serveRegistry(join(folder, 'podman'), ['--htpasswd', htpasswd()]);
  const place = [
    '--root',
    join(folder, 'podman-root'),
    '--runroot',
    join(folder, 'podman-run'),
    '--storage-driver',
    'vfs',
  ];
  const podman = (...words: string[]) => ok('podman', ...place, ...words);
  const access = ['--tls-verify=false', '--creds', 'alice:secret'];
  await podman('load', '-i', archive);
  await podman('push', ...access, 'localhost/team/tool:1', `${registry.host}/team/tool:1`).catch(() =>
    podman('push', ...access, 'docker.io/team/tool:1', `${registry.host}/team/tool:1`),
  );
  await podman('rmi', '--all', '--force');
  await podman('pull', ...access, `${registry.host}/team/tool:1`);
  assert.equal(
    await podman('image', 'inspect', '--format', '{{.Id}}', `${registry.host}/team/tool:1`),
    imageId.slice('sha256:'.length),
  );
  await podman('login', '--tls-verify=false', '-u', 'alice', '-p', 'secret', registry.host);
  assert.match(
    await podman('search', '--tls-verify=false', '--list-tags', `${registry.host}/team/tool`),
    /team\/tool +1$/m,
  );
  await podman('manifest', 'create', 'list:1');
  await podman('manifest', 'add', '--tls-verify=false', 'list:1', `docker://${registry.host}/team/tool:1`);
  await podman('manifest', 'push', '--tls-verify=false', '--all', 'list:1', `docker://${registry.host}/team/list:1`);
  const raw = await ok('skopeo', 'inspect', ...access, '--raw', `docker://${registry.host}/team/list:1`);
  assert.equal((JSON.parse(raw) as { manifests: unknown[] }).manifests.length, 1);
  await podman('system', 'reset', '--force');
});

test('docker logs in, pushes, mounts, pulls and makes manifest lists', async () => {
  await using registry = await serveRegistry(join(folder, 'docker'), ['--htpasswd', htpasswd()]);
  await using engine = await startDockerEngine(env, join(folder, 'dockerd'));
  const docker = async (...words: string[]) => {
    const { status, stdout, stderr } = await run(engine.env, 'docker', ...words);
    assert.equal(status, 0, `docker ${words.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  };
  await docker('load', '-i', archive);
  const name = `${registry.host}/team/tool:1`;
  await docker('tag', 'team/tool:1', name);
  const refused = await run(engine.env, 'docker', 'push', name);
  assert.match(refused.stderr, /no basic auth credentials/);
  await docker('login', '-u', 'alice', '-p', 'secret', registry.host);
  await docker('push', name);
  await docker('tag', name, `${registry.host}/other/tool:2`);
  assert.match(await docker('push', `${registry.host}/other/tool:2`), /Mounted from team\/tool/);
  await docker('rmi', '-f', imageId);
  await docker('pull', name);
  assert.equal(await docker('image', 'inspect', '--format', '{{.Id}}', name), imageId);
  await docker('manifest', 'create', '--insecure', `${registry.host}/team/tool:list`, name);
  await docker('manifest', 'push', '--insecure', `${registry.host}/team/tool:list`);
  const list = JSON.parse(await docker('manifest', 'inspect', '--insecure', `${registry.host}/team/tool:list`)) as {
    manifests: unknown[];
  };
  assert.equal(list.manifests.length, 1);
});

test('all of them pull through a copy of another registry', async () => {
  await using other = await new FakeRegistry().listen();
  const { id } = other.addImage('far/tool', '1', [50_000]);
  await using registry = await serveRegistry(join(folder, 'mirror'), ['--mirror', `http://${other.host}`]);
  const raw = await ok(
    'skopeo',
    'copy',
    '--src-tls-verify=false',
    `docker://${registry.host}/far/tool:1`,
    `oci:${join(folder, 'far')}:1`,
  );
  assert.match(raw, /Writing manifest/);
  other.intercept = (_request, response) => {
    response.writeHead(503).end();
    return true;
  };
  const again = await ok('skopeo', 'inspect', '--tls-verify=false', '--raw', `docker://${registry.host}/far/tool:1`);
  assert.equal((JSON.parse(again) as { config: { digest: string } }).config.digest, id);
});
