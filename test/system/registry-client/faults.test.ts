import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isBerthError } from '#base/errors.ts';
import { openClientFixture, visibleIn } from './client-fixture.ts';
import { type Intercept, LAYER, refuse, sha256 } from './fake-registry.ts';

const SIZE = 400_000;

test('pull: a connection cut at every tenth goes on where it ended, and nothing is sent twice', async () => {
  for (let tenth = 1; tenth <= 9; tenth++) {
    await using fixture = await openClientFixture();
    const { registry, pull, store } = fixture;
    const { id, layers } = registry.addImage('cut', 'latest', [SIZE]);
    const [layer] = layers;
    let cuts = 0;
    registry.intercept = (request, response) => {
      if (!request.url!.endsWith(layer!.digest) || cuts > 0) return false;
      cuts += 1;
      registry.sendBlob(response, registry.blobs.get(layer!.digest)!, 0, Math.floor((layer!.size * tenth) / 10));
      return true;
    };
    const config = registry.blobs.get(id)!.length;
    assert.equal(await pull('cut'), id);
    assert.equal(cuts, 1);
    assert.equal(registry.sent, layer!.size + config, `cut at ${tenth * 10} %`);
    assert.deepEqual(await store.store.check(false), []);
  }
});

test('pull: a server that knows no ranges is asked again, and what is here already is passed over', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull } = fixture;
  const { id, layers } = registry.addImage('whole', 'latest', [SIZE]);
  let cuts = 0;
  registry.intercept = (request, response) => {
    if (!request.url!.endsWith(layers[0]!.digest)) return false;
    const bytes = registry.blobs.get(layers[0]!.digest)!;
    registry.sendBlob(response, bytes, 0, cuts++ === 0 ? SIZE / 2 : bytes.length);
    return true;
  };
  assert.equal(await pull('whole'), id);
});

const wrong: Readonly<Record<string, { readonly change: (bytes: Buffer) => Buffer; readonly message: RegExp }>> = {
  'other bytes': {
    change: (bytes) => Buffer.concat([bytes.subarray(0, bytes.length - 1), Buffer.from([bytes.at(-1)! ^ 1])]),
    message: /verification failed for digest/,
  },
  'too many bytes': { change: (bytes) => Buffer.concat([bytes, Buffer.alloc(10)]), message: /should have \d+ bytes/ },
  'no layer at all': { change: (bytes) => Buffer.alloc(bytes.length, 'x'), message: /verification failed for digest/ },
};

for (const [name, { change, message }] of Object.entries(wrong)) {
  test(`pull: ${name} under a digest are refused, and nothing is left`, async () => {
    await using fixture = await openClientFixture();
    const { registry, pull, store } = fixture;
    const { layers } = registry.addImage('wrong', 'latest', [SIZE]);
    registry.blobs.set(layers[0]!.digest, change(registry.blobs.get(layers[0]!.digest)!));
    await assert.rejects(pull('wrong'), (error) => isBerthError(error, 'invalid') && message.test(error.message));
    await store.store.collectGarbage();
    assert.deepEqual(visibleIn(store), { images: 0, layers: [], blobs: [], downloads: [] });
  });
}

test('pull: fewer bytes than announced are asked for again until there is no headway', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull, store } = fixture;
  const { layers } = registry.addImage('short', 'latest', [SIZE]);
  const bytes = registry.blobs.get(layers[0]!.digest)!;
  registry.blobs.set(layers[0]!.digest, bytes.subarray(0, bytes.length - 1));
  registry.intercept = (request, response) => {
    if (!request.headers.range) return false;
    response.writeHead(416).end();
    return true;
  };
  await assert.rejects(pull('short'), /416/);
  assert.equal(visibleIn(store).images, 0);
});

test('pull: a layer whose content is not what the configuration says is refused', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull, store } = fixture;
  const one = registry.addImage('one', 'latest', [1000]);
  const two = registry.addImage('two', 'latest', [1000]);
  registry.addManifest('mixed', 'latest', { ...one.document, layers: two.layers });
  await assert.rejects(pull('mixed'), /layer verification failed: expected diff id/);
  await store.store.collectGarbage();
  assert.deepEqual(visibleIn(store).layers, []);
});

test('pull: a server that goes silent is left, and the next connection goes on', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull } = fixture;
  const { id, layers } = registry.addImage('silent', 'latest', [SIZE]);
  const bytes = registry.blobs.get(layers[0]!.digest)!;
  let silences = 0;
  registry.intercept = (request, response) => {
    if (!request.url!.endsWith(layers[0]!.digest) || silences++ > 0) return false;
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, SIZE / 2));
    return true;
  };
  assert.equal(await pull('silent', { idleMs: 500 }), id);
  assert.equal(silences, 2);
  assert.match(registry.seen.at(-1)!, /bytes=\d+-/);
});

test('pull: a server that lets bytes trickle is left like a silent one', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull } = fixture;
  const { id, layers } = registry.addImage('trickle', 'latest', [SIZE]);
  const bytes = registry.blobs.get(layers[0]!.digest)!;
  let connections = 0;
  registry.intercept = async (request, response) => {
    if (!request.url!.endsWith(layers[0]!.digest) || connections++ > 0) return false;
    response.writeHead(200, { 'content-length': bytes.length });
    // Never silent for long, and never done; ends with its client.
    let at = 0;
    const drops = setInterval(() => response.write(bytes.subarray(at, ++at)), 20);
    response.on('close', () => clearInterval(drops));
    return true;
  };
  assert.equal(await pull('trickle', { idleMs: 1000 }), id);
  assert.equal(connections, 2);
  assert.match(registry.seen.at(-1)!, /bytes=\d+-/);
});

test('pull: max-download-attempts is the number of tries without headway', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull } = fixture;
  const { layers } = registry.addImage('never', 'latest', [SIZE]);
  let connections = 0;
  registry.intercept = (request, response) => {
    if (!request.url!.endsWith(layers[0]!.digest)) return false;
    connections += 1;
    response.writeHead(200, { 'content-length': layers[0]!.size });
    response.write('x', () => response.socket?.end());
    return true;
  };
  await assert.rejects(pull('never', { attempts: 2 }), /EOF|reset by peer/);
  assert.equal(connections, 2);
});

function busyTimes(times: number, status: number, headers: Record<string, string>): Intercept {
  let left = times;
  return (request, response) => {
    if (!request.url!.includes('/manifests/') || left-- <= 0) return false;
    response.writeHead(status, headers).end();
    return true;
  };
}

for (const status of [429, 500, 502, 503]) {
  test(`pull: ${status} is tried again after the pause that the server asks for`, async () => {
    await using fixture = await openClientFixture();
    const { registry, pull } = fixture;
    const { id } = registry.addImage('busy', 'latest', [100]);
    registry.intercept = busyTimes(2, status, { 'retry-after': '0' });
    assert.equal(await pull('busy'), id);
    assert.equal(registry.seen.filter((line) => line.includes('/manifests/')).length, 3);
  });
}

test('pull: a server that wants a pause of an hour is told of, not waited for', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull } = fixture;
  registry.addImage('busy', 'latest', [100]);
  registry.intercept = (_request, response) => {
    response.setHeader('retry-after', '3600');
    refuse(response, 429, 'TOOMANYREQUESTS', 'slow down');
    return true;
  };
  await assert.rejects(
    pull('busy'),
    (error) => isBerthError(error, 'unavailable') && /slow down/.test(error.message) && /3600/.test(error.hint ?? ''),
  );
});

test('pull: redirects that lead in a circle or nowhere end', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull } = fixture;
  const { layers } = registry.addImage('loop', 'latest', [100]);
  let hops = 0;
  const locations: Record<string, () => string> = {
    circle: () => `/v2/loop/blobs/${layers[0]!.digest}`,
    ever: () => `/v2/loop/blobs/x${hops++}`,
    'another kind': () => 'file:///etc/passwd',
  };
  for (const [name, location] of Object.entries(locations)) {
    registry.intercept = (request, response) => {
      if (!request.url!.includes('/blobs/')) return false;
      response.writeHead(307, { location: location() }).end();
      return true;
    };
    await assert.rejects(pull('loop'), /redirects|unknown kind/, name);
  }
});

test('pull: a resumed blob that was bad before is fetched anew', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull, store } = fixture;
  const { id, layers } = registry.addImage('again', 'latest', [SIZE]);
  const bytes = registry.blobs.get(layers[0]!.digest)!;
  registry.intercept = (request, response) => {
    if (!request.url!.endsWith(layers[0]!.digest)) return false;
    if (request.headers.range !== undefined) response.writeHead(403).end();
    else registry.sendBlob(response, Buffer.concat([Buffer.alloc(1000, 'bad'), bytes.subarray(1000)]), 0, SIZE / 2);
    return true;
  };
  await assert.rejects(pull('again'), /403/);
  const partial = readFileSync(join(store.root, 'downloads', layers[0]!.digest.slice(7)));
  assert.equal(partial.length, SIZE / 2);
  assert.notEqual(sha256(partial), sha256(bytes.subarray(0, SIZE / 2)));
  registry.intercept = () => false;
  assert.equal(await pull('again'), id);
  assert.deepEqual(visibleIn(store).downloads, []);
  assert.deepEqual(await store.store.check(false), []);
  assert.equal(layers[0]!.mediaType, LAYER);
});

test('image prune drops what has come of downloads that broke off', async () => {
  await using fixture = await openClientFixture();
  const { registry, pull, store } = fixture;
  const { layers } = registry.addImage('broken', 'latest', [SIZE]);
  const bytes = registry.blobs.get(layers[0]!.digest)!;
  registry.intercept = (request, response) => {
    if (!request.url!.endsWith(layers[0]!.digest)) return false;
    if (request.headers.range !== undefined) response.writeHead(403).end();
    else registry.sendBlob(response, bytes, 0, SIZE / 2);
    return true;
  };
  await assert.rejects(pull('broken'), /403/);
  await store.store.collectGarbage();
  assert.equal(visibleIn(store).downloads.length, 1);
  await store.store.pruneImages(() => []);
  assert.deepEqual(visibleIn(store).downloads, []);
  assert.deepEqual(await store.store.check(false), []);
});
