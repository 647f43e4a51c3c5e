/**
 * `node tools/bench/many-images.ts [COUNT]`: times `images` with many images (default 1,000), each its own configuration over one of
 * 50 small layers, beside `--version`, which shows what a command costs that reads nothing. Prints medians of 9 runs in turn.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeTarHeader, plainEntry, TAR_END, tarPadding } from '#spec/tar/tar-writer.ts';
import { median, timeInTurn } from './pairs.ts';

const LAYERS = 50;
const count = Number(process.argv[2] ?? 1000);
if (!Number.isInteger(count) || count < 1) throw new Error('COUNT is a whole number from 1');

const berth = fileURLToPath(new URL('../../bin/berth', import.meta.url));
const digestOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

function member(path: string, bytes: Buffer): Buffer {
  const header = encodeTarHeader({ ...plainEntry('file', path), size: bytes.length, mode: 0o644 });
  return Buffer.concat([header, bytes, Buffer.alloc(tarPadding(bytes.length))]);
}

function archive(): Buffer {
  const parts: Buffer[] = [];
  const layers: string[] = [];
  for (let i = 0; i < LAYERS; i++) {
    const layer = Buffer.concat([member('file', Buffer.from(`layer ${i}`)), TAR_END]);
    layers.push(digestOf(layer));
    parts.push(member(`blobs/sha256/${layers[i]}`, layer));
  }
  const manifest = Array.from({ length: count }, (_, i) => {
    const layer = layers[i % LAYERS]!;
    const config = Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        created: new Date(1_700_000_000_000 + i * 60_000).toISOString(),
        config: { Cmd: ['/file'], Env: ['PATH=/bin'], Labels: { number: String(i) } },
        rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
        history: [{ created_by: 'bench' }],
      }),
    );
    const path = `blobs/sha256/${digestOf(config)}`;
    parts.push(member(path, config));
    return { Config: path, RepoTags: [`bench-many/image-${i}:latest`], Layers: [`blobs/sha256/${layer}`] };
  });
  parts.push(member('manifest.json', Buffer.from(JSON.stringify(manifest))), Buffer.from(TAR_END));
  return Buffer.concat(parts);
}

const folder = mkdtempSync(join(tmpdir(), 'berth-bench-'));
try {
  const root = join(folder, 'root');
  writeFileSync(join(folder, 'many.tar'), archive());
  execFileSync(berth, ['--root', root, 'load', '-q', '-i', join(folder, 'many.tar')], { stdio: 'ignore' });
  const commands = new Map([
    [`images, ${count} of them`, () => [berth, '--root', root, 'images']],
    ['--version', () => [berth, '--root', root, '--version']],
  ]);
  for (const { name, times } of await timeInTurn(commands, 9)) console.log(`${name}: ${median(times).toFixed(1)} ms`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
