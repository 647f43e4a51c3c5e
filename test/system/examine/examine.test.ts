import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../../src/main/berth.ts', import.meta.url));
const place = mkdtempSync(join(tmpdir(), 'berth-examine-test-'));
const scratch = join(place, 'tmp');

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function berth(...words: string[]): Promise<Ran> {
  const env = { ...process.env, TMPDIR: scratch };
  return new Promise((resolve) => {
    const args = [PROGRAM, '--root', join(place, 'root'), ...words];
    execFile(process.execPath, args, { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

async function json<T>(...words: string[]): Promise<T> {
  const ran = await berth(...words, '--format', 'json');
  assert.equal(ran.status, 0, ran.stderr);
  return JSON.parse(ran.stdout) as T;
}

function sh(script: string): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile('sh', ['-ec', script], { cwd: place }, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** Writes an OCI layout of layers (folders below the place) as an archive. */
async function makeImage(name: string, layers: readonly Readonly<Record<string, string>>[]): Promise<string> {
  const layout = join(place, `${name}.layout`);
  const blobs = join(layout, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const put = (bytes: Buffer | string) => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(blobs, hex), bytes);
    return { digest: `sha256:${hex}`, size: Buffer.byteLength(bytes) };
  };
  const descriptors = [];
  const { readFileSync } = await import('node:fs');
  for (const [i, files] of layers.entries()) {
    const folder = join(place, `${name}.${i}`);
    mkdirSync(folder);
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    await sh(`tar --sort=name --mtime=@0 --owner=0 --group=0 -C '${folder}' -cf '${folder}.tar' .`);
    descriptors.push({ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...put(readFileSync(`${folder}.tar`)) });
  }
  const rootfs = { type: 'layers', diff_ids: descriptors.map(({ digest }) => digest) };
  const config = put(JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs, config: { Env: [`NAME=${name}`] } }));
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = put(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
      layers: descriptors,
    }),
  );
  const annotations = { 'org.opencontainers.image.ref.name': `${name}:1` };
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(
    join(layout, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, ...manifest, annotations }] }),
  );
  await sh(`tar -C '${layout}' -cf '${name}.tar' .`);
  return join(place, `${name}.tar`);
}

const dpkg = (version: string) =>
  `Package: tool\nStatus: install ok installed\nVersion: ${version}\nInstalled-Size: 4\n`;

before(async () => {
  mkdirSync(scratch);
  const base = { 'etc/a': 'one', 'etc/b': 'kept', 'var/lib/dpkg/status': dpkg('1.0') };
  const first = await makeImage('first', [base, { 'etc/a': 'two and more', 'etc/.wh.b': '' }]);
  const second = await makeImage('second', [base, { 'var/lib/dpkg/status': dpkg('2.0'), 'new': 'x' }]);
  for (const archive of [first, second]) assert.equal((await berth('load', '-q', '-i', archive)).status, 0);
});

after(() => rmSync(place, { recursive: true, force: true }));

test('image tree tells what is shared and wasted, and fails at a threshold', async () => {
  interface Tree {
    Layers: { SharedWith: string[] }[];
    WastedBytes: number;
    Wasted: { Path: string; Bytes: number }[];
  }
  const tree = await json<Tree>('image', 'tree', 'first:1');
  assert.equal(tree.WastedBytes, 'one'.length + 'kept'.length);
  assert.deepEqual(
    tree.Wasted.map(({ Path }) => Path),
    ['/etc/b', '/etc/a'],
  );
  assert.deepEqual(
    tree.Layers.map(({ SharedWith }) => SharedWith.length),
    [1, 0],
  );
  const failed = await berth('image', 'tree', '--highest-wasted-bytes', '1b', 'first:1');
  assert.equal(failed.status, 1);
  assert.match(failed.stderr, /7 bytes are wasted, more than 1/);
  assert.equal((await berth('image', 'tree', '--highest-wasted-bytes', '7b', 'first:1')).status, 0);
});

test('image files and cat show what a container sees', async () => {
  const files = await json<{ Path: string; Layer: number }[]>('image', 'files', 'first:1', '/etc');
  assert.deepEqual(
    files.map(({ Path, Layer }) => `${Path} ${Layer}`),
    ['/etc 1', '/etc/a 1'],
  );
  assert.equal((await berth('image', 'cat', 'first:1', '/etc/a')).stdout, 'two and more');
  const gone = await berth('image', 'cat', 'first:1', '/etc/b');
  assert.equal(gone.status, 1);
  assert.match(gone.stderr, /Could not find the file \/etc\/b/);
});

test('image diff compares images and archives alike, and leaves nothing of archives', async () => {
  const diff = (a: string, b: string) => json<unknown[]>('image', 'diff', '--type', 'file,apt,metadata', a, b);
  const local = await diff('first:1', 'daemon://second:1');
  const [file, apt, metadata] = local as { Diff: Record<string, unknown> }[];
  assert.deepEqual(file!.Diff, {
    Adds: [
      { Name: '/etc/b', Size: 4 },
      { Name: '/new', Size: 1 },
    ],
    Dels: [],
    Mods: [
      { Name: '/etc/a', Size1: 12, Size2: 3 },
      { Name: '/var/lib/dpkg/status', Size1: dpkg('1.0').length, Size2: dpkg('2.0').length },
    ],
  });
  assert.deepEqual(apt!.Diff, {
    Packages1: [],
    Packages2: [],
    InfoDiff: [{ Package: 'tool', Info1: { Version: '1.0', Size: 4096 }, Info2: { Version: '2.0', Size: 4096 } }],
  });
  assert.deepEqual(metadata!.Diff, { Adds: ['Env: ["NAME=second"]'], Dels: ['Env: ["NAME=first"]'] });
  const mixed = await diff(join(place, 'first.tar'), 'second:1');
  const plain = (reports: unknown[]) => reports.map((report) => (report as { Diff: unknown }).Diff);
  assert.deepEqual(plain(mixed), plain(local));
  assert.deepEqual(readdirSync(scratch), []);
  assert.ok(existsSync(join(place, 'root')));
  const refused = await berth('image', 'diff', '--type', 'deb', 'first:1', 'second:1');
  assert.match(refused.stderr, /invalid type "deb": wanted one of file, size/);
});
