import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { openDistribution } from '#distribution/open-distribution.ts';
import { parseReference } from '#spec/reference.ts';
import type { Store } from '#store/open-store.ts';
import { openFixture } from '../store/fixture.ts';
import { startDockerRegistry } from './docker-registry.ts';
import { FakeRegistry, INDEX, sha256, tarOfFile } from './fake-registry.ts';

const quiet = () => ({ signal: new AbortController().signal, report: () => {} });
const open = (store: Store) => openDistribution({ store, env: {}, userAgent: 'berth-test' });

interface CuttingProxy extends AsyncDisposable {
  readonly host: string;
  /** Bytes that clients sent. */
  readonly sent: () => number;
}

/** Passes everything on to a port, and cuts the connection once when so many bytes of it were sent. */
async function startCuttingProxy(port: number, cutAfter: number): Promise<CuttingProxy> {
  let sent = 0;
  let isCut = false;
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    let here = 0;
    client.on('data', (bytes) => {
      sent += bytes.length;
      here += bytes.length;
      upstream.write(bytes);
      if (isCut || here < cutAfter) return;
      isCut = true;
      upstream.end();
      client.destroy();
    });
    upstream.pipe(client);
    client.on('end', () => upstream.end());
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `localhost:${(server.address() as AddressInfo).port}`,
    sent: () => sent,
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('push: an upload that is cut goes on where the registry has it', async () => {
  await using source = openFixture();
  await using target = openFixture();
  await using registry = await startDockerRegistry(join(source.scratch, 'registry'));
  const size = 4_000_000;
  await using proxy = await startCuttingProxy(Number(registry.host.split(':')[1]), size / 2);
  const name = `${proxy.host}/cut:1`;
  const id = await source.store.importRootfs(Readable.from([tarOfFile('data', randomBytes(size))]), {
    reference: name,
  });
  await open(source.store).push(parseReference(name), quiet());
  assert.ok(proxy.sent() < size * 1.6, `${proxy.sent()} bytes were sent`);
  const pulled = await open(target.store).pull(parseReference(`${registry.host}/cut:1`), quiet());
  assert.equal(pulled.id, id);
  assert.deepEqual(await target.store.check(false), []);
});

test('image copy: an index with an artifact goes from registry to layout to registry byte for byte', async () => {
  await using fixture = openFixture();
  await using from = await new FakeRegistry().listen();
  await using to = await startDockerRegistry(join(fixture.scratch, 'registry'));
  const amd64 = from.addImage('multi', undefined, [1000], { architecture: 'amd64' });
  const arm64 = from.addImage('multi', undefined, [1000], { architecture: 'arm64' });
  const chart = Buffer.from('not a layer');
  const empty = Buffer.from('{}');
  const artifact = from.addManifest('multi', undefined, {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    artifactType: 'application/x-unknown',
    config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: from.addBlob(empty), size: 2 },
    layers: [{ mediaType: 'application/x-unknown', digest: from.addBlob(chart), size: chart.length }],
  });
  const manifests = [
    { ...amd64.manifest, platform: { os: 'linux', architecture: 'amd64' } },
    { ...arm64.manifest, platform: { os: 'linux', architecture: 'arm64' } },
    artifact,
  ];
  const top = from.addManifest(
    'multi',
    '1',
    { schemaVersion: 2, mediaType: INDEX, manifests, 'x-unknown': true },
    INDEX,
  );
  const { copy, document } = open(fixture.store);
  const layout = join(fixture.scratch, 'layout');
  await copy(`docker://${from.host}/multi:1`, `oci:${layout}:one`, quiet());
  await copy(`oci:${layout}:one`, `docker://${to.host}/there:2`, quiet());
  const there = await document(parseReference(`${to.host}/there:2`), quiet());
  assert.equal(there.Descriptor.digest, top.digest);
  for (const { digest } of manifests) {
    const one = await document(parseReference(`${to.host}/there@${digest}`), quiet());
    assert.equal(sha256(Buffer.from(one.Raw, 'base64')), digest);
  }
  assert.deepEqual(readFileSync(join(layout, 'blobs/sha256', sha256(chart).slice(7))), chart);
  const armOnly = { ...quiet(), platform: { os: 'linux', architecture: 'arm64' } };
  const { inspectImage } = open(fixture.store);
  const shown = await inspectImage(parseReference(`${to.host}/there:2`), armOnly);
  assert.deepEqual([shown.Id, shown.Architecture, shown.Size], [arm64.id, 'arm64', arm64.layers[0]!.size]);
  assert.deepEqual(shown.RepoDigests, [`${to.host}/there@${top.digest}`]);
  // Nothing was stored here.
  assert.deepEqual(fixture.store.images.table.all(), []);
  await copy(`docker://${from.host}/multi:1`, `oci:${layout}:arm`, {
    ...quiet(),
    platform: { os: 'linux', architecture: 'arm64' },
  });
  const names = (
    JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
      manifests: { annotations: object; digest: string }[];
    }
  ).manifests;
  assert.deepEqual(names.map(({ digest }) => digest).sort(), [top.digest, arm64.manifest.digest].sort());
});

test('image copy: archives go to registries and come from them, and damaged layouts are refused', async () => {
  await using fixture = openFixture();
  await using registry = await startDockerRegistry(join(fixture.scratch, 'registry'));
  const { copy, pull } = open(fixture.store);
  const id = await fixture.store.importRootfs(Readable.from([tarOfFile('data', Buffer.alloc(9000, 'text '))]), {
    reference: 'made:1',
  });
  const archive = join(fixture.scratch, 'a.tar');
  await copy('made:1', `docker-archive:${archive}`, quiet());
  assert.match(execFileSync('tar', ['tf', archive], { encoding: 'utf8' }), /^manifest\.json$/m);
  await copy(`docker-archive:${archive}`, `docker://${registry.host}/made:1`, quiet());
  await copy(`docker://${registry.host}/made:1`, `oci-archive:${join(fixture.scratch, 'b.tar')}:1`, quiet());
  await copy(`oci-archive:${join(fixture.scratch, 'b.tar')}:1`, `docker://${registry.host}/again:1`, quiet());
  assert.equal((await pull(parseReference(`${registry.host}/again:1`), quiet())).id, id);
  const layout = join(fixture.scratch, 'layout');
  await copy('made:1', `oci:${layout}:1`, quiet());
  const [{ digest = '' } = {}] = (
    JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: { digest: string }[] }
  ).manifests;
  writeFileSync(join(layout, 'blobs/sha256', digest.slice(7)), '{}');
  await assert.rejects(
    copy(`oci:${layout}:1`, `docker://${registry.host}/bad:1`, quiet()),
    /verification failed for digest/,
  );
  await assert.rejects(copy('nothing:1', `oci:${layout}:2`, quiet()), /No such image/);
  mkdirSync(join(fixture.scratch, 'empty'));
  await assert.rejects(copy(`oci:${join(fixture.scratch, 'empty')}`, 'x:1', quiet()));
});

test('pushList() stores a list after what it lists, taken over from other repositories', async () => {
  await using fixture = openFixture();
  await using registry = await startDockerRegistry(join(fixture.scratch, 'registry'));
  const { push, pushList, pull, document } = open(fixture.store);
  const name = `${registry.host}/one:1`;
  const id = await fixture.store.importRootfs(Readable.from([tarOfFile('data', Buffer.alloc(900))]), {
    reference: name,
  });
  const { digest, size } = await push(parseReference(name), quiet());
  const { Descriptor } = await document(parseReference(name), quiet());
  const manifests = [{ mediaType: Descriptor.mediaType, digest, size, platform: Descriptor.platform }];
  const raw = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
  const list = { MediaType: INDEX, Raw: raw.toString('base64'), Entries: [`${registry.host}/one@${digest}`] };
  assert.equal(await pushList(parseReference(`${registry.host}/list:1`), list, quiet()), sha256(raw));
  assert.equal((await pull(parseReference(`${registry.host}/list:1`), quiet())).id, id);
  await assert.rejects(
    pushList(parseReference(`${registry.host}/list:1`), { ...list, Entries: [] }, quiet()),
    /nothing says where/,
  );
});
