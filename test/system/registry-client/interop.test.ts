import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { type DistributionOptions, openDistribution } from '#distribution/open-distribution.ts';
import type { ProgressMessage } from '#spec/docker-api/images.ts';
import { parseReference } from '#spec/reference.ts';
import type { Store } from '#store/open-store.ts';
import { openFixture } from '../store/fixture.ts';
import { makeCertificate, startDockerRegistry, startTokenServer } from './docker-registry.ts';
import { FakeRegistry, tarOfFile } from './fake-registry.ts';

const ALICE = { username: 'alice', password: 'secret' };

function open(store: Store, options: Partial<DistributionOptions> = {}) {
  const distribution = openDistribution({ store, env: {}, userAgent: 'berth-test', ...options });
  const signal = new AbortController().signal;
  const messages: ProgressMessage[] = [];
  const report = (message: ProgressMessage) => void messages.push(message);
  return {
    messages,
    distribution,
    pull: (name: string, credential?: typeof ALICE) =>
      distribution.pull(parseReference(name), { credential, signal, report }),
    push: (name: string, credential?: typeof ALICE) =>
      distribution.push(parseReference(name), { credential, signal, report }),
    login: (server: string, credential: typeof ALICE) => distribution.login(server, credential, signal),
  };
}

/** An image of one layer that is not compressed. */
async function importImage(store: Store, name: string): Promise<string> {
  const tar = tarOfFile('data', Buffer.alloc(200_000, 'some text that shrinks '));
  return await store.importRootfs(Readable.from([tar]), { reference: name });
}

test('push and pull: docker-registry keeps an image, its layer compressed once, and gives it back', async () => {
  await using source = openFixture();
  await using target = openFixture();
  await using registry = await startDockerRegistry(join(source.scratch, 'registry'));
  const name = `${registry.host}/team/tool:1`;
  const id = await importImage(source.store, name);
  const pusher = open(source.store);
  const first = await pusher.push(name);
  assert.ok(pusher.messages.some(({ status }) => status === 'Pushed'));
  assert.deepEqual(pusher.messages.at(-1)?.aux, { Tag: '1', Digest: first.digest, Size: first.size });
  pusher.messages.length = 0;
  assert.deepEqual(await pusher.push(name), first);
  assert.ok(pusher.messages.some(({ status }) => status === 'Layer already exists'));
  source.store.tagImage(name, `${registry.host}/other/tool`, '2');
  pusher.messages.length = 0;
  await pusher.push(`${registry.host}/other/tool:2`);
  assert.ok(
    pusher.messages.some(({ status }) => status === 'Mounted from team/tool'),
    JSON.stringify(pusher.messages),
  );
  const pulled = await open(target.store).pull(name);
  assert.deepEqual(pulled, { id, digest: first.digest, isNew: true });
  // What came is sent on as it came.
  target.store.tagImage(name, `${registry.host}/third`, '3');
  assert.equal((await open(target.store).push(`${registry.host}/third:3`)).digest, first.digest);
  assert.deepEqual(await target.store.check(false), []);
});

test('push and pull: docker-registry with htpasswd lets in who has the password', async () => {
  await using fixture = openFixture();
  const passwords = join(fixture.scratch, 'htpasswd');
  writeFileSync(passwords, execFileSync('htpasswd', ['-Bbn', ALICE.username, ALICE.password]));
  await using registry = await startDockerRegistry(join(fixture.scratch, 'registry'), { htpasswd: passwords });
  const name = `${registry.host}/private:1`;
  await importImage(fixture.store, name);
  const { login, push } = open(fixture.store);
  assert.deepEqual(await login(registry.host, ALICE), { identityToken: undefined });
  await assert.rejects(
    login(registry.host, { ...ALICE, password: 'no' }),
    /login attempt to .* failed with status: 401 Unauthorized/,
  );
  await assert.rejects(push(name), /no basic auth credentials/);
  await push(name, ALICE);
});

test('push and pull: docker-registry with a token server gets tokens for what is done', async () => {
  await using fixture = openFixture();
  const signer = makeCertificate(join(fixture.scratch, 'certificates'), 'signer');
  await using tokens = await startTokenServer(signer, ALICE.username, ALICE.password);
  const token = { realm: tokens.realm, bundle: signer.certificate };
  await using registry = await startDockerRegistry(join(fixture.scratch, 'registry'), { token });
  const name = `${registry.host}/private:1`;
  await importImage(fixture.store, name);
  const { login, push, pull } = open(fixture.store);
  await login(registry.host, ALICE);
  await assert.rejects(push(name), /401|unauthorized/i);
  await push(name, ALICE);
  tokens.scopes.length = 0;
  await pull(name, ALICE);
  assert.deepEqual([...new Set(tokens.scopes)], ['repository:private:pull']);
});

test('pull: certificates are checked, trusted where certs.d has them, and shown where the registry wants one', async () => {
  await using fixture = openFixture();
  const server = makeCertificate(join(fixture.scratch, 'server'), 'server');
  const client = makeCertificate(join(fixture.scratch, 'client'), 'client');
  const tls = { ...server, clientCa: client.certificate };
  await using registry = await startDockerRegistry(join(fixture.scratch, 'registry'), { tls });
  const name = `${registry.host}/secure:1`;
  await importImage(fixture.store, name);
  const certificates = join(fixture.scratch, 'certs.d');
  const env = { BERTH_CERTS_DIR: certificates };
  // This machine itself is trusted without certificates, but it does not let in who shows none.
  await assert.rejects(open(fixture.store, { env }).push(name), /certificate|tls|EOF|reset/i);
  const folder = join(certificates, registry.host);
  mkdirSync(folder, { recursive: true });
  copyFileSync(server.certificate, join(folder, 'ca.crt'));
  copyFileSync(client.certificate, join(folder, 'client.cert'));
  await assert.rejects(open(fixture.store, { env }).push(name), /missing key client\.key for certificate client\.cert/);
  copyFileSync(client.key, join(folder, 'client.key'));
  await open(fixture.store, { env }).push(name);
  await open(fixture.store, { env }).pull(name);
});

test('pull: mirrors of registries.conf come first, may fail, and blocked registries are left alone', async () => {
  await using fixture = openFixture();
  await using good = await new FakeRegistry().listen();
  await using bad = await new FakeRegistry().listen();
  const { id } = good.addImage('mirrored/tool', '1', [100]);
  const conf = join(fixture.scratch, 'registries.conf');
  writeFileSync(
    conf,
    `[[registry]]
prefix = "example.invalid/team"
location = "example.invalid/team"
blocked = true
[[registry.mirror]]
location = "${bad.host}/mirrored"
[[registry.mirror]]
location = "${good.host}/mirrored"

[[registry]]
location = "blocked.invalid"
blocked = true
`,
  );
  const { pull, messages } = open(fixture.store, { env: { CONTAINERS_REGISTRIES_CONF: conf } });
  assert.equal((await pull('example.invalid/team/tool:1')).id, id);
  assert.equal(fixture.store.images.resolve('example.invalid/team/tool:1').id, id);
  assert.ok(bad.seen.includes('GET /v2/mirrored/tool/manifests/1'));
  assert.ok(messages.some(({ status = '' }) => status.startsWith(`Mirror ${bad.host} has no`)));
  await assert.rejects(pull('blocked.invalid/x:1'), /registry blocked\.invalid is blocked in registries\.conf/);
});

test('pull: a proxy of the environment is used, except for what NO_PROXY names', async () => {
  await using fixture = openFixture();
  await using proxy = await new FakeRegistry().listen();
  const { id } = proxy.addImage('far', '1', [100]);
  const asked: string[] = [];
  proxy.intercept = (request) => {
    asked.push(request.url!);
    request.url = new URL(request.url!, 'http://x').pathname;
    return false;
  };
  const env = { HTTP_PROXY: `http://${proxy.host}`, NO_PROXY: 'near.invalid' };
  const insecure = ['far.invalid:80', 'near.invalid:80'];
  const { pull } = open(fixture.store, { env: { ...env, HTTPS_PROXY: '' }, insecure });
  assert.equal((await pull('far.invalid:80/far:1')).id, id);
  assert.ok(
    asked.every((url) => url.startsWith('http://far.invalid')),
    asked.join(),
  );
  await assert.rejects(pull('near.invalid:80/far:1'), /no such host|server misbehaving/);
});
