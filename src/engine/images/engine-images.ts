import type { Readable } from 'node:stream';
import type { Distribution } from '#distribution/open-distribution.ts';
import type { ImageDeleteItem, ImageListQuery, ImageSummary, ProgressMessage } from '#spec/docker-api/images.ts';
import { type HostPlatform, hostPlatform } from '#spec/platform.ts';
import { familiarName, familiarReference, parseReference, withDefaultTag } from '#spec/reference.ts';
import type { ImageUser } from '#store/images/remove-image.ts';
import type { Store } from '#store/open-store.ts';
import type { NewEvent } from '../events/api.ts';
import type { Examine } from '../examine/examine.ts';
import type { ImagePlatform, Images, RemoveImageOptions } from './api.ts';
import { type CarriedImages, openCarriedImage } from './carried-images.ts';
import { checkPlatform } from './check-platform.ts';
import { reportsOf } from './progress-queue.ts';
import { pulledName, pullImages, referenceToPull } from './pull-images.ts';
import { pushImages } from './push-images.ts';
import { checkLimit, filterResults } from './search-results.ts';

export interface ImagesParts {
  readonly store: Store;
  /** Containers made from an image. */
  readonly usersOf: (imageId: string) => readonly ImageUser[];
  readonly emit: (event: NewEvent) => void;
  readonly carried: CarriedImages;
  /** Registries; opened by the first call. */
  readonly distribution: () => Promise<Distribution>;
}

type Labels = Readonly<Record<string, string>>;

function labelsOf(store: Store, id: string): Labels {
  if (store.images.table.get(id) === undefined) return {};
  return store.images.resolve(id).config.config?.Labels ?? {};
}

function note(parts: ImagesParts, action: string, id: string, name: string, labels = labelsOf(parts.store, id)): void {
  parts.emit({ type: 'image', action, id, attributes: { ...labels, name } });
}

function checkedName(store: Store, name: string, platform: ImagePlatform | undefined): string {
  const { id, config } = store.images.resolve(name, wholePlatform(platform));
  checkPlatform({ os: config.os, architecture: config.architecture, ...variantOf(config) }, platform, name);
  return id === store.images.resolve(name).id ? name : id;
}

/** A platform that says which processor it means. */
function wholePlatform(platform: ImagePlatform | undefined): HostPlatform | undefined {
  const { os = 'linux', architecture, variant } = platform ?? {};
  if (architecture === undefined) return undefined;
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

function variantOf({ variant }: { readonly variant?: string }): { variant?: string } {
  return variant === undefined ? {} : { variant };
}

function tag(parts: ImagesParts, name: string, repository: string, tagName: string | undefined): void {
  const tagged = parts.store.tagImage(name, repository, tagName);
  note(parts, 'tag', tagged.imageId, familiarReference(parseReference(tagged.name)));
}

/** Events of what was removed; the labels are those of before, when there still were some. */
function noteRemoved(parts: ImagesParts, id: string, labels: Labels, items: readonly ImageDeleteItem[]): void {
  for (const item of items) {
    if (item.Untagged !== undefined) note(parts, 'untag', id, id, labels);
    else if (item.Deleted === id) note(parts, 'delete', id, id, labels);
  }
}

async function remove(parts: ImagesParts, name: string, options: RemoveImageOptions) {
  const { id, config } = parts.store.images.resolve(name);
  const { force = false, platforms = [] } = options;
  if (platforms.length > 0) {
    const wanted = platforms.map((platform) => wholePlatform(platform) ?? hostPlatform());
    const before = new Set(parts.store.images.table.all().map((row) => row.id));
    const removed = await parts.store.removePlatforms(name, wanted, parts.usersOf, force);
    for (const { Deleted, Untagged } of removed) {
      if (Untagged !== undefined) note(parts, 'untag', id, id, {});
      else if (Deleted !== undefined && before.has(Deleted)) note(parts, 'delete', Deleted, Deleted, {});
    }
    return removed;
  }
  const items = await parts.store.removeImage(name, parts.usersOf, options);
  noteRemoved(parts, id, config.config?.Labels ?? {}, items);
  return items;
}

function load(parts: ImagesParts, archive: Readable, platform: ImagePlatform | undefined) {
  return reportsOf<ProgressMessage>(async (report) => {
    const wanted = wholePlatform(platform);
    for (const image of await parts.store.load(archive, { progress: report, platform: wanted }))
      for (const name of image.names.length === 0 ? [image.id] : image.names) note(parts, 'load', image.id, name);
  });
}

async function* pullCarried(parts: ImagesParts, name: string, bytes: Readable, reference: string) {
  yield { status: `${reference} comes with Berth` };
  for await (const message of load(parts, bytes, undefined)) if (message.stream === undefined) yield message;
  note(parts, 'pull', reference, name);
}

async function importImage(parts: ImagesParts, tar: Readable, options: Parameters<Images['import']>[1] = {}) {
  const { repository, tag: tagName, changes, message = 'Imported from -', platform } = options;
  const reference =
    repository === undefined ? undefined : tagName === undefined ? repository : `${repository}:${tagName}`;
  const id = await parts.store.importRootfs(tar, { reference, changes, message, platform });
  if (reference !== undefined) note(parts, 'tag', id, familiarReference(withDefaultTag(parseReference(reference))));
  note(parts, 'import', id, id);
  return id;
}

function listImages(parts: ImagesParts, query: ImageListQuery): ImageSummary[] {
  const { store, usersOf } = parts;
  const images = store.listImages(query, query.countContainers ? containerCounts(parts) : undefined);
  if (query.manifests !== true) return images;
  return images.map((image) => {
    const { total, ...behind } = store.manifestsBehind(image.Id, usersOf);
    const containers = behind.Manifests.flatMap(({ ImageData }) => ImageData?.Containers ?? []);
    return { ...image, Size: total, Containers: containers.length, ...behind };
  });
}

function inspect(parts: ImagesParts, name: string, platform: ImagePlatform | undefined, manifests: boolean) {
  const image = parts.store.inspectImage(checkedName(parts.store, name, platform));
  if (!manifests) return image;
  const { total: _, ...behind } = parts.store.manifestsBehind(image.Id, parts.usersOf);
  return { ...image, ...behind };
}

function containerCounts(parts: ImagesParts): ReadonlyMap<string, number> {
  return new Map(parts.store.images.table.all().map(({ id }) => [id, parts.usersOf(id).length]));
}

/** Loaded when something is examined. */
function lateExamine(store: Store): Examine {
  const open = async () => (await import('../examine/examine.ts')).openExamine(store);
  return {
    tree: async (name) => (await open()).tree(checkedName(store, name, undefined)),
    files: async (name) => (await open()).files(checkedName(store, name, undefined)),
    read: async (name, path) => (await open()).read(checkedName(store, name, undefined), path),
    compare: async (first, second, kinds) => (await open()).compare(first, second, kinds),
  };
}

/** The images of an engine: the store's, with events and with what containers have to do with them. */
export function createImages(parts: ImagesParts): Images {
  const { store } = parts;
  return {
    examine: lateExamine(store),
    list: async (query = {}) => listImages(parts, query),
    inspect: async (name, platform, options) => inspect(parts, name, platform, options?.manifests ?? false),
    history: async (name, platform) => store.imageHistory(checkedName(store, name, platform)),
    tag: async (name, repository, tagName) => tag(parts, name, repository, tagName),
    remove: (name, options = {}) => remove(parts, name, options),
    load: (archive, options) => load(parts, archive, options?.platform),
    pull: (name, options = {}) => {
      const carried = openCarriedImage(parts.carried, referenceToPull(name, options.tag));
      if (carried !== undefined) return pullCarried(parts, name, carried.bytes, carried.reference);
      return pullImages(parts.distribution, name, options, (reference, id) =>
        note(parts, 'pull', pulledName(reference), familiarName(reference), labelsOf(store, id)),
      );
    },
    push: (name, options = {}) =>
      pushImages(
        {
          open: parts.distribution,
          table: store.images.table,
          choose: (one, platform) => checkedName(store, one, platform),
        },
        name,
        options,
        (reference, id) =>
          note(parts, 'push', familiarReference(reference), familiarName(reference), labelsOf(store, id)),
      ),
    copy: (from, to, { platform, fromCredential, toCredential, abort }) =>
      reportsOf(async (report) => {
        const distribution = await parts.distribution();
        const signal = abort ?? new AbortController().signal;
        await distribution.copy(from, to, { platform, fromCredential, toCredential, signal, report });
      }),
    inspectRemote: async (name, credential, abort) => {
      const distribution = await parts.distribution();
      const reference = withDefaultTag(parseReference(name));
      return await distribution.inspect(reference, { credential, signal: abort ?? new AbortController().signal });
    },
    inspectInRegistry: async (name, { abort, ...options }) => {
      const signal = abort ?? new AbortController().signal;
      return await (await parts.distribution()).inspectImage(withDefaultTag(parseReference(name)), {
        ...options,
        signal,
      });
    },
    remoteDocument: async (name, { abort, ...options }) => {
      const signal = abort ?? new AbortController().signal;
      return await (await parts.distribution()).document(withDefaultTag(parseReference(name)), { ...options, signal });
    },
    pushList: async (name, list, { abort, ...options }) => {
      const signal = abort ?? new AbortController().signal;
      return await (await parts.distribution()).pushList(withDefaultTag(parseReference(name)), list, {
        ...options,
        signal,
      });
    },
    search: async (term, options) => {
      const distribution = await parts.distribution();
      const { limit, filters, credential, abort } = options;
      const signal = abort ?? new AbortController().signal;
      return filterResults(await distribution.search(term, { limit: checkLimit(limit), credential, signal }), filters);
    },
    login: async (server, credential, abort) => {
      const distribution = await parts.distribution();
      const { identityToken = '' } = await distribution.login(
        server,
        credential,
        abort ?? new AbortController().signal,
      );
      return { Status: 'Login Succeeded', IdentityToken: identityToken };
    },
    save: async (names, options) => {
      const chosen = names.map((name) =>
        options?.platform === undefined ? name : checkedName(store, name, options.platform),
      );
      const stream = store.save(chosen);
      for (const name of names) note(parts, 'save', store.images.resolve(name).id, name);
      return stream;
    },
    import: (tar, options) => importImage(parts, tar, options),
    prune: async (filters = {}) => {
      const before = new Set(store.images.table.all().map(({ id }) => id));
      const report = await store.pruneImages(parts.usersOf, filters);
      // Layers are listed as deleted too, but only images have events.
      for (const { Deleted: id } of report.ImagesDeleted ?? [])
        if (id !== undefined && before.has(id)) note(parts, 'delete', id, id, {});
      parts.emit({ type: 'image', action: 'prune', id: '', attributes: { reclaimed: String(report.SpaceReclaimed) } });
      return report;
    },
  };
}
