import { BerthError } from '#base/errors.ts';
import type { DiffKind, ImageDiffReport, ImageFile, ImageTreeReport, PackageEntry } from '#spec/docker-api/examine.ts';
import type { ListedMembers } from '#store/examine/list-members.ts';
import { readRpmDatabase } from '#store/metadata/read-rpm-database.ts';
import type { Store } from '#store/open-store.ts';
import { compareImages, type Examined } from './compare-images.ts';
import { findFile, mergeLayers } from './merge-layers.ts';
import { PACKAGE_FILES, type PackageKind, readPackages } from './packages.ts';
import { readBerkeleyHash, readNdb } from './rpm-files.ts';
import { readRpmHeader } from './rpm-header.ts';

/** What is inside images, and between two of them. Every `name` is a reference or an id. */
export interface Examine {
  /** Layers, what they share with other images, and what is wasted. @throws not-found */
  tree(name: string): Promise<ImageTreeReport>;
  /** What a container of it sees, in order of path. @throws not-found */
  files(name: string): Promise<readonly ImageFile[]>;
  /** The content of a file; links are followed inside the image. @throws not-found, unsupported when it is too large */
  read(name: string, path: string): Promise<Uint8Array>;
  /** @throws not-found, unsupported for kinds that cannot be read */
  compare(first: string, second: string, kinds: readonly DiffKind[]): Promise<readonly ImageDiffReport[]>;
}

const KINDS = Object.keys(PACKAGE_FILES) as PackageKind[];
/** Matches nothing. */
const NOTHING = '(?!)';

export function openExamine(store: Store): Examine {
  const list = async (name: string, wanted: string): Promise<ListedMembers[]> => {
    const top = store.images.resolve(name).row.topLayer;
    const rows = store.layers.table.chain(top).reverse();
    const listed: ListedMembers[] = [];
    for (const { blob } of rows) listed.push(await store.listMembers(blob, wanted));
    return listed;
  };
  const examine = async (name: string, kinds: readonly PackageKind[]): Promise<Examined> => {
    const layers = await list(name, kinds.map((kind) => `(?:${PACKAGE_FILES[kind].source})`).join('|') || NOTHING);
    const { files } = mergeLayers(layers.map(({ members }) => members));
    return {
      files,
      inspect: store.inspectImage(name),
      history: store.imageHistory(name),
      packages: packagesOf(files, layers, kinds),
    };
  };
  return {
    tree: async (name) => treeOf(store, name, await list(name, NOTHING)),
    files: async (name) => mergeLayers((await list(name, NOTHING)).map(({ members }) => members)).files,
    read: async (name, path) => {
      const { files } = mergeLayers((await list(name, NOTHING)).map(({ members }) => members));
      const file = findFile(files, path);
      if (file === undefined)
        throw new BerthError('not-found', 'examine.no-file', `Could not find the file ${path} in image ${name}`);
      if (file.Type !== 'file')
        throw new BerthError('invalid', 'examine.no-file', `${path} in image ${name} is a ${file.Type}`);
      const blob = store.layers.table.chain(store.images.resolve(name).row.topLayer).reverse()[file.Layer]!.blob;
      const wanted = `^${file.Path.slice(1).replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}$`;
      return (await store.listMembers(blob, wanted)).contents.get(file.Path.slice(1)) ?? new Uint8Array();
    },
    compare: async (first, second, kinds) => {
      // Nothing is read of databases that nobody asks for.
      const packages = KINDS.filter((kind) => kinds.includes(kind));
      const a = await examine(first, packages);
      const b = await examine(second, packages);
      return kinds.map((kind) => ({ Image1: first, Image2: second, ...compareImages(kind, a, b) }));
    },
  };
}

function packagesOf(
  files: readonly ImageFile[],
  layers: readonly ListedMembers[],
  kinds: readonly PackageKind[],
): Examined['packages'] {
  const found: Record<PackageKind, PackageEntry[]> = { apt: [], rpm: [], apk: [], npm: [], pip: [] };
  const rpm = new Map<string, Uint8Array>();
  for (const { Path, Layer } of files) {
    const path = Path.slice(1);
    const bytes = layers[Layer]!.contents.get(path);
    if (bytes === undefined) continue;
    for (const kind of kinds)
      if (kind !== 'rpm' && PACKAGE_FILES[kind].test(path))
        found[kind].push(...readPackages(kind, Buffer.from(bytes).toString('utf8')));
    if (kinds.includes('rpm') && PACKAGE_FILES.rpm.test(path)) rpm.set(path.slice(path.lastIndexOf('/') + 1), bytes);
  }
  found.rpm.push(...rpmPackages(rpm));
  for (const kind of KINDS) found[kind] = sorted(found[kind]);
  return found;
}

/** Of several databases the newest form counts: what an upgrade left behind tells nothing. */
function rpmPackages(files: ReadonlyMap<string, Uint8Array>): PackageEntry[] {
  const readers = { 'rpmdb.sqlite': readRpmDatabase, 'Packages.db': readNdb, Packages: readBerkeleyHash };
  for (const [name, read] of Object.entries(readers)) {
    const bytes = files.get(name);
    if (bytes !== undefined) return read(bytes).flatMap((header) => readRpmHeader(header) ?? []);
  }
  return [];
}

function sorted(entries: readonly PackageEntry[]): PackageEntry[] {
  const unique = new Map(entries.map((entry) => [`${entry.Name} ${entry.Version}`, entry]));
  return [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

function treeOf(store: Store, name: string, layers: readonly ListedMembers[]): ImageTreeReport {
  const { id, row, config } = store.images.resolve(name);
  const rows = store.layers.table.chain(row.topLayer).reverse();
  const { wasted } = mergeLayers(layers.map(({ members }) => members));
  const steps = (config.history ?? []).filter(({ empty_layer: isEmpty }) => isEmpty !== true);
  const users = layerUsers(store, id);
  const reports = rows.map((layer, i) => ({
    DiffId: layer.diffId,
    CreatedBy: steps.length === rows.length ? (steps[i]!.created_by ?? '') : '',
    Size: layer.size,
    Files: layers[i]!.members.length,
    SharedWith: users.get(layer.chainId) ?? [],
  }));
  const size = rows.reduce((sum, layer) => sum + layer.size, 0);
  const wastedBytes = wasted.reduce((sum, { Bytes }) => sum + Bytes, 0);
  return {
    Id: id,
    Layers: reports,
    Size: size,
    SharedBytes: reports.reduce((sum, layer) => sum + (layer.SharedWith.length > 0 ? layer.Size : 0), 0),
    WastedBytes: wastedBytes,
    Wasted: wasted,
    Efficiency: size === 0 ? 1 : (size - wastedBytes) / size,
  };
}

/** Other images by the layers that they have. */
function layerUsers(store: Store, id: string): Map<string, string[]> {
  const users = new Map<string, string[]>();
  for (const image of store.images.table.all()) {
    if (image.id === id) continue;
    const name = store.images.table.namesOf(image.id)[0] ?? image.id;
    for (const { chainId } of store.layers.table.chain(image.topLayer))
      users.set(chainId, [...(users.get(chainId) ?? []), name]);
  }
  return users;
}
