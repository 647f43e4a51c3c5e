import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DistributionOptions, openDistribution } from '#distribution/open-distribution.ts';
import { parseReference } from '#spec/reference.ts';
import { serveRegistry } from '../registry/registry-process.ts';
import { type Fixture, openFixture } from '../store/fixture.ts';
import { makeCertificate } from './docker-registry.ts';
import { FakeRegistry } from './fake-registry.ts';

function open({ store }: Fixture, options: Partial<DistributionOptions> = {}) {
  const distribution = openDistribution({ store, env: {}, userAgent: 'berth-test', ...options });
  const quiet = { signal: new AbortController().signal, report: () => {} };
  return {
    pull: async (name: string) => (await distribution.pull(parseReference(name), quiet)).id,
    push: (name: string) => distribution.push(parseReference(name), quiet),
  };
}

function writeConf(folder: string, host: string): string {
  const path = join(folder, 'registries.conf');
  writeFileSync(path, `[[registry]]\nlocation = "${host}"\ninsecure = true\n`);
  return path;
}

test('pull: plain HTTP is spoken only where it is allowed', async () => {
  await using fixture = openFixture();
  await using registry = await new FakeRegistry().listen();
  const { id } = registry.addImage('plain', '1', [100]);
  const host = registry.distantHost;
  const pull = (options: Partial<DistributionOptions>) => open(fixture, options).pull(`${host}/plain:1`);
  await assert.rejects(pull({}), /server gave HTTP response to HTTPS client/);
  assert.deepEqual(registry.seen, []);
  await assert.rejects(pull({ insecure: ['0.0.0.0:1', '10.0.0.0/8'] }), /HTTP response to HTTPS client/);
  assert.equal(await pull({ insecure: [host] }), id);
  assert.equal(await pull({ insecure: ['0.0.0.0/8'] }), id);
  assert.equal(await pull({ env: { CONTAINERS_REGISTRIES_CONF: writeConf(fixture.scratch, host) } }), id);
});

test('pull: a certificate is good for its name and of a known authority, or the registry is said to be insecure', async () => {
  await using fixture = openFixture();
  const good = makeCertificate(join(fixture.scratch, 'good'), 'good', 'IP:0.0.0.0');
  const other = makeCertificate(join(fixture.scratch, 'other'), 'other', 'DNS:other.example');
  const certificates = join(fixture.scratch, 'certs.d');
  const env = { BERTH_CERTS_DIR: certificates };
  for (const [shown, isGood] of [
    [good, true],
    [other, false],
  ] as const) {
    const pem = { cert: readFileSync(shown.certificate), key: readFileSync(shown.key) };
    await using registry = await new FakeRegistry(pem).listen();
    const { id } = registry.addImage('secure', '1', [100]);
    const host = registry.distantHost;
    const pull = (options: Partial<DistributionOptions>) => open(fixture, options).pull(`${host}/secure:1`);
    await assert.rejects(pull({ env }), /x509: certificate signed by unknown authority/);
    const folder = join(certificates, host);
    mkdirSync(folder, { recursive: true });
    copyFileSync(shown.certificate, join(folder, 'ca.crt'));
    if (isGood) assert.equal(await pull({ env }), id);
    else await assert.rejects(pull({ env }), /x509: .*0\.0\.0\.0/);
    assert.equal(await pull({ env, insecure: [host] }), id);
    rmSync(folder, { recursive: true });
    assert.equal(await pull({ env: { ...env, CONTAINERS_REGISTRIES_CONF: writeConf(fixture.scratch, host) } }), id);
  }
});

test('push and pull: registry serve with TLS wants a certificate of its authority, and gets it from certs.d', async () => {
  await using fixture = openFixture();
  const server = makeCertificate(join(fixture.scratch, 'server'), 'server', 'IP:0.0.0.0');
  const client = makeCertificate(join(fixture.scratch, 'client'), 'client');
  const stranger = makeCertificate(join(fixture.scratch, 'stranger'), 'stranger');
  const flags = ['--tls-cert', server.certificate, '--tls-key', server.key, '--tls-ca', client.certificate];
  await using registry = await serveRegistry(join(fixture.scratch, 'registry'), flags);
  assert.match(registry.url, /^https:/);
  const host = registry.host.replace('127.0.0.1', '0.0.0.0');
  await using source = await new FakeRegistry().listen();
  const { id } = source.addImage('tool', '1', [100]);
  const certificates = join(fixture.scratch, 'certs.d');
  const folder = join(certificates, host);
  mkdirSync(folder, { recursive: true });
  copyFileSync(server.certificate, join(folder, 'ca.crt'));
  const { pull, push } = open(fixture, { env: { BERTH_CERTS_DIR: certificates }, attempts: 1 });
  await pull(`${source.host}/tool:1`);
  fixture.store.tagImage(id, `${host}/tool`, '1');
  await assert.rejects(push(`${host}/tool:1`), /certificate required|EOF|reset|tlsv1/i);
  copyFileSync(stranger.certificate, join(folder, 'client.cert'));
  copyFileSync(stranger.key, join(folder, 'client.key'));
  await assert.rejects(push(`${host}/tool:1`), /unknown ca|EOF|reset|tlsv1|certificate/i);
  copyFileSync(client.certificate, join(folder, 'client.cert'));
  copyFileSync(client.key, join(folder, 'client.key'));
  await push(`${host}/tool:1`);
  assert.equal(await pull(`${host}/tool:1`), id);
});
