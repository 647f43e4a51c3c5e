/** The image `berth/registry`: this program and the Node.js that runs it, nothing else. Made when somebody asks for it. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join, posix } from 'node:path';
import { BerthError } from '#base/errors.ts';
import { hostPlatform } from '#spec/platform.ts';
import { encodeTarHeader, plainEntry, TAR_END, tarPadding } from '#spec/tar/tar-writer.ts';
import { launcherPath } from '#sys/own-program.ts';
import packageFile from '../../../package.json' with { type: 'json' };

const REGISTRY_IMAGE = 'berth/registry:latest';

/** A file of the image. */
interface ImageFile {
  /** Inside the image, without a slash at the beginning. */
  readonly path: string;
  readonly mode: number;
  readonly from: Buffer | { readonly file: string };
}

const HOME = 'usr/lib/berth';
const DATA = '/var/lib/registry';
const PORT = 5000;
/** What of `dist/` and of packages is code that runs. */
const CODE: ReadonlySet<string> = new Set(['.cjs', '.js', '.json', '.mjs', '.node']);
const EPOCH = '1970-01-01T00:00:00Z';

/**
 * The image as a docker-archive. The same program on the same machine gives the same bytes.
 *
 * @throws unavailable when this package is not built
 */
export async function* registryImage(): AsyncGenerator<Uint8Array, void, void> {
  const files = filesOf(dirname(dirname(launcherPath())));
  const hash = createHash('sha256');
  let layerSize = 0;
  for await (const piece of layerOf(files)) {
    hash.update(piece);
    layerSize += piece.length;
  }
  const config = JSON.stringify(configOf(`sha256:${hash.digest('hex')}`, files));
  const configName = `${createHash('sha256').update(config).digest('hex')}.json`;
  const manifest = [{ Config: configName, RepoTags: [REGISTRY_IMAGE], Layers: ['layer.tar'] }];
  yield* memberOf({ path: configName, mode: 0o644, from: Buffer.from(config) });
  yield* memberOf({ path: 'manifest.json', mode: 0o644, from: Buffer.from(JSON.stringify(manifest)) });
  yield encodeTarHeader({ ...plainEntry('file', 'layer.tar'), size: layerSize });
  yield* layerOf(files);
  yield Buffer.alloc(tarPadding(layerSize));
  yield TAR_END;
}

function configOf(diffId: string, files: readonly ImageFile[]): object {
  const { os, architecture } = hostPlatform();
  const folders = [
    ...new Set(files.filter(({ path }) => /\.so(\.|$)/.test(path)).map(({ path }) => `/${dirname(path)}`)),
  ];
  const step = `Berth ${packageFile.version} with Node.js ${process.version}`;
  return {
    architecture,
    os,
    created: EPOCH,
    config: {
      // What follows the image's name in a command line are more options of `registry serve`.
      Entrypoint: [
        `/${HOME}/node`,
        '--',
        `/${HOME}/dist/berth.cjs`,
        '--root',
        DATA,
        'registry',
        'serve',
        '--listen',
        `:${PORT}`,
      ],
      Env: ['PATH=/usr/bin:/bin', `LD_LIBRARY_PATH=${folders.join(':')}`],
      ExposedPorts: { [`${PORT}/tcp`]: {} },
      Volumes: { [DATA]: {} },
      StopSignal: 'SIGTERM',
      Labels: {
        'org.opencontainers.image.title': 'registry',
        'org.opencontainers.image.version': packageFile.version,
        'org.opencontainers.image.licenses': packageFile.license,
      },
    },
    rootfs: { type: 'layers', diff_ids: [diffId] },
    history: [{ created: EPOCH, created_by: step, comment: 'built with Berth' }],
  };
}

function filesOf(home: string): ImageFile[] {
  const copy = (path: string, file: string, mode = 0o644): ImageFile => ({ path, mode, from: { file } });
  const text = (path: string, content: string): ImageFile => ({ path, mode: 0o644, from: Buffer.from(content) });
  const dist = join(home, 'dist');
  if (!existsSync(join(dist, 'berth-main.cjs'))) {
    throw new BerthError(
      'unavailable',
      'registry-image.not-built',
      'the image berth/registry is made of dist/, which is not built',
      {
        hint: 'build it with: npm run build',
      },
    );
  }
  const programs = readdirSync(dist).filter((name) => extname(name) === '.cjs');
  return [
    text('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n'),
    text('etc/group', 'root:x:0:\n'),
    ...librariesOf().map((path) => copy(path.slice(1), path, 0o755)),
    copy(`${HOME}/node`, process.execPath, 0o755),
    copy(`${HOME}/package.json`, join(home, 'package.json')),
    copy(`${HOME}/bin/berth`, join(home, 'bin/berth'), 0o755),
    ...programs.map((name) => copy(`${HOME}/dist/${name}`, join(dist, name))),
    ...packagesOf(home).flatMap(({ name, folder }) =>
      codeIn(folder).map((path) => copy(`${HOME}/node_modules/${name}/${path}`, join(folder, path))),
    ),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The libraries that Node.js runs with, by the names under which it looks for them. */
function librariesOf(): string[] {
  // Names of the other ends of connections would be looked up; the types do not know the switch yet.
  const report = Object.assign(process.report, { excludeNetwork: true });
  const { sharedObjects } = report.getReport() as { readonly sharedObjects: readonly string[] };
  return sharedObjects.filter((path) => path.startsWith('/') && !path.endsWith('.node'));
}

/** The packages that the program needs, with those of this machine's kind that they need. */
function packagesOf(home: string): { name: string; folder: string }[] {
  const found = new Map<string, string>();
  const add = (name: string, from: string) => {
    const roots = createRequire(join(from, 'package.json')).resolve.paths(name) ?? [];
    const folder = roots.map((root) => join(root, name)).find((path) => existsSync(path));
    if (folder === undefined || found.has(name)) return;
    found.set(name, folder);
    const document = createRequire(join(folder, 'package.json'))('./package.json') as Record<
      string,
      object | undefined
    >;
    const needed = { ...document['dependencies'], ...document['optionalDependencies'] };
    for (const other of Object.keys(needed)) add(other, folder);
  };
  for (const name of Object.keys(packageFile.dependencies)) add(name, home);
  return [...found].map(([name, folder]) => ({ name, folder }));
}

/** Files that are loaded, below a folder. */
function codeIn(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(below, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : codeIn(folder, path);
    return entry.isFile() && CODE.has(extname(entry.name)) ? [path] : [];
  });
}

async function* layerOf(files: readonly ImageFile[]): AsyncGenerator<Uint8Array, void, void> {
  yield* foldersOf([...files.map(({ path }) => path), `${DATA.slice(1)}/.`, 'root/.', 'tmp/.']);
  for (const file of files) yield* memberOf(file);
  yield TAR_END;
}

function* foldersOf(paths: readonly string[]): Generator<Uint8Array, void, void> {
  const folders = new Set<string>();
  for (const path of paths)
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) folders.add(folder);
  for (const folder of [...folders].sort())
    yield encodeTarHeader({ ...plainEntry('directory', folder), mode: folder === 'tmp' ? 0o1777 : 0o755 });
}

async function* memberOf({ path, mode, from }: ImageFile): AsyncGenerator<Uint8Array, void, void> {
  const size = Buffer.isBuffer(from) ? from.length : statSync(from.file).size;
  yield encodeTarHeader({ ...plainEntry('file', path), size, mode });
  if (Buffer.isBuffer(from)) yield from;
  else yield* createReadStream(from.file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>;
  yield Buffer.alloc(tarPadding(size));
}
