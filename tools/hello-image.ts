import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Options that make the bytes of an archive depend on its files alone. */
const REPRODUCIBLE = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--format=gnu'];

const REFERENCE = 'berth/hello:latest';

/**
 * Builds the image that Berth carries from `native/hello/hello.c` and writes it as a docker-archive.
 *
 * @param output path of the archive to write
 * @throws Error if the compiler or tar fails
 */
export async function buildHelloImage(output: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-hello-'));
  try {
    await mkdir(join(folder, 'root'));
    await mkdir(join(folder, 'image'));
    await compile(join(folder, 'root', 'hello'));
    await run('tar', [...REPRODUCIBLE, '-C', join(folder, 'root'), '-cf', join(folder, 'image', 'layer.tar'), 'hello']);
    const layer = await readFile(join(folder, 'image', 'layer.tar'));
    const config = JSON.stringify({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      created: '1970-01-01T00:00:00Z',
      config: { Cmd: ['/hello'], Labels: { 'org.opencontainers.image.title': 'hello' } },
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
      history: [{ created: '1970-01-01T00:00:00Z', created_by: 'CMD ["/hello"]', comment: 'built with Berth' }],
    });
    const configName = `${sha256(config)}.json`;
    await writeFile(join(folder, 'image', configName), config);
    await writeFile(
      join(folder, 'image', 'manifest.json'),
      JSON.stringify([{ Config: configName, RepoTags: [REFERENCE], Layers: ['layer.tar'] }]),
    );
    await run('tar', [...REPRODUCIBLE, '-C', join(folder, 'image'), '-cf', output, '.']);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compile(output: string): Promise<void> {
  const flags = ['-static', '-O2', '-s', '-Wall', '-Wextra', '-Werror', '-Wl,--build-id=none'];
  await run(process.env['CC'] ?? 'cc', [...flags, '-o', output, 'native/hello/hello.c']);
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
