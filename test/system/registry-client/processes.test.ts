import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openClientFixture, visibleIn } from './client-fixture.ts';

const BERTH = join(import.meta.dirname, '../../../src/main/berth.ts');

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

function berth(root: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child: ChildProcess = spawn(process.execPath, [BERTH, '--root', root, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: root, ...env },
  });
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (status, signal) => resolve({ status, signal, output })),
  );
  return { child, ended };
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, `waited in vain for ${what}`);
    await sleep(20);
  }
}

test('pull: two processes that want one image fetch each blob once', async () => {
  await using fixture = await openClientFixture();
  const { registry, store } = fixture;
  const { layers } = registry.addImage('shared', 'latest', [300_000, 300_000, 300_000]);
  let asked = 0;
  registry.intercept = async (request) => {
    if (request.url!.includes('/manifests/')) asked += 1;
    // Nobody gets a layer before both processes have begun.
    if (request.url!.includes(layers[0]!.digest)) {
      await until('both processes', () => asked === 2);
    }
    return false;
  };
  const name = `${registry.host}/shared`;
  const runs = [berth(store.root, ['pull', name]), berth(store.root, ['pull', name])];
  for (const { ended } of runs) {
    const { status, output } = await ended;
    assert.equal(status, 0, output);
    assert.match(output, /Digest: sha256:/);
  }
  for (const { digest } of layers) {
    const count = registry.seen.filter((line) => line.includes(digest)).length;
    assert.equal(count, 1, `${digest} was fetched ${count} times`);
  }
  assert.deepEqual(await store.store.check(false), []);
});

test('pull: a process killed in the middle of a layer leaves what the next one goes on with', async () => {
  await using fixture = await openClientFixture();
  const { registry, store, pull } = fixture;
  const { id, layers } = registry.addImage('killed', 'latest', [600_000]);
  const [layer] = layers;
  const bytes = registry.blobs.get(layer!.digest)!;
  const half = 300_000;
  registry.intercept = (request, response) => {
    if (!request.url!.endsWith(layer!.digest)) return false;
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, half));
    return true;
  };
  const { child, ended } = berth(store.root, ['pull', `${registry.host}/killed`]);
  const partial = join(store.root, 'downloads', layer!.digest.slice(7));
  await until('half of the layer', () => existsSync(partial) && statSync(partial).size === half);
  child.kill('SIGKILL');
  assert.equal((await ended).signal, 'SIGKILL');
  await store.store.collectGarbage();
  assert.equal(statSync(partial).size, half, 'garbage collection keeps it');
  registry.intercept = () => false;
  assert.equal(await pull('killed'), id);
  assert.equal(registry.seen.at(-1), `GET /v2/killed/blobs/${layer!.digest} bytes=${half}-`);
  assert.deepEqual(visibleIn(store).downloads, []);
  assert.deepEqual(await store.store.check(false), []);
});

for (const place of [
  'download.received',
  'blob.before-rename',
  'blob.after-rename',
  'blob.kept',
  'layer.renamed',
  'layer.committed',
  'arrival.adopted',
]) {
  test(`pull: after a kill at ${place} the next pull and a check of the store are content`, async () => {
    await using fixture = await openClientFixture();
    const { registry, store, pull } = fixture;
    const { id } = registry.addImage('killed', 'latest', [50_000, 50_000]);
    const { ended } = berth(store.root, ['pull', `${registry.host}/killed`], { BERTH_FAULT: place });
    const { signal, output } = await ended;
    assert.equal(signal, 'SIGKILL', output);
    assert.equal(await pull('killed'), id);
    await store.store.collectGarbage();
    assert.deepEqual(await store.store.check(false), []);
    assert.deepEqual(visibleIn(store).downloads, []);
  });
}

test('pull: a full disk is told of, and not kept full', async () => {
  await using fixture = await openClientFixture();
  const { registry, store } = fixture;
  registry.addImage('large', 'latest', [6_000_000]);
  const small = join(store.scratch, 'small');
  mkdirSync(small);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=5m', 'tmpfs', small]);
  try {
    const { status, output } = await berth(small, ['pull', `${registry.host}/large`]).ended;
    assert.equal(status, 1);
    assert.match(output, /no space left on device/);
    for (const folder of ['downloads', 'tmp']) assert.deepEqual(readdirSync(join(small, folder)), []);
    assert.doesNotMatch((await berth(small, ['images', '-q']).ended).output, /\w/);
  } finally {
    execFileSync('umount', [small]);
  }
});
