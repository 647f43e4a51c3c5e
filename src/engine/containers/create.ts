import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { BerthError } from '#base/errors.ts';
import { fault } from '#base/fault.ts';
import { newId, shortId } from '#base/ids.ts';
import { nowNs } from '#base/time.ts';
import { Undo } from '#base/undo.ts';
import type {
  ContainerConfig,
  ContainerCreateRequest,
  ContainerCreateResponse,
  HostConfig,
} from '#spec/docker-api/containers.ts';
import { parsePlatform } from '#spec/platform.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import { type WishedEndpoint, wishedEndpoints } from '../networks/endpoint-wishes.ts';
import { checkLinks } from '../networks/links.ts';
import type { ContainerSpec } from '../state/container-row.ts';
import { claimVolumes } from '../volumes/claim-volumes.ts';
import { removeVolume } from '../volumes/remove-volume.ts';
import { dataDirectory } from '../volumes/volume-directory.ts';
import { whenSettled } from '../volumes/when-settled.ts';
import { adaptHostConfig, pinJoinedContainers } from './adapt-host-config.ts';
import type { CreateOptions } from './api.ts';
import { checkHostConfig } from './check-host-config.ts';
import { collectMounts } from './collect-mounts.ts';
import type { ResolvedImage } from './container-images.ts';
import { withDefaults } from './default-host-config.ts';
import { writeEtcFiles } from './etc-files.ts';
import { containerEvent } from './events.ts';
import { NO_LIMITS } from './host-config.ts';
import { apparmorEnabled, hostLimitSupport } from './host-facts.ts';
import { hasHealthcheck, mergeConfig } from './merge-config.ts';
import type { ContainerMount } from './mount-spec.ts';
import { nameConflict, parseContainerName, randomName } from './names.ts';
import { hasOwnNetwork, publishesPorts } from './namespace-mode.ts';
import { checkResources } from './resource-limits.ts';
import { checkRuntime, isForeignRuntime } from './runtime-name.ts';

const NAME_ATTEMPTS = 12;
const NO_HEALTH_CHECKS =
  'Health checks are run by a daemon (berth daemon): without one the container stays in the health state "starting".';

/** Everything about a container that is decided before anything is written. */
export interface Draft {
  readonly id: string;
  readonly image: ResolvedImage;
  readonly config: ContainerConfig;
  readonly host: HostConfig;
  readonly mounts: readonly ContainerMount[];
  readonly endpoints: readonly WishedEndpoint[];
  readonly warnings: readonly string[];
}

/**
 * Creates a container. Everything is checked first; then its row claims id and name, its directories are made, and the row
 * turns `created`. A process that dies in between leaves a row in `creating`, which the next one takes away.
 */
export async function createContainer(
  context: EngineContext,
  request: ContainerCreateRequest,
  options: CreateOptions,
): Promise<ContainerCreateResponse> {
  const wanted = options.name === undefined || options.name === '' ? undefined : parseContainerName(options.name);
  const draft = await draftContainer(context, request, options);
  await using undo = new Undo();
  const spec = specOf(context.root, draft);
  const createdNs = nowNs();
  await whenSettled(context, () =>
    insertNamed(context, wanted, (name) => {
      const row = { id: draft.id, name, createdNs, imageId: draft.image.id, spec, hostConfig: draft.host };
      context.containers.insert(row, context.token);
      claimVolumes(context, draft.id, draft.mounts, spec, createdNs);
      for (const endpoint of draft.endpoints) {
        context.endpoints.insert({ ...endpoint, containerId: draft.id, networkId: '' });
      }
    }),
  );
  undo.add(() => takeBack(context, draft.id, spec));
  fault('create.inserted');
  const { directory } = pathsOf(context.root, draft.id);
  mkdirSync(directory, { recursive: true, mode: 0o710 });
  undo.add(() => rmSync(directory, { recursive: true, force: true }));
  fault('create.directory');
  await context.images.prepare(draft.id, draft.image.id);
  undo.add(() => context.images.release(draft.id));
  fault('create.layer');
  writeEtcFiles(directory, draft.config, draft.host);
  fault('create.files');
  await fillVolumes(context, draft, options);
  context.sql.transaction(() => {
    context.containers.patch(draft.id, { status: 'created', lock: null });
    const row = context.containers.get(draft.id);
    if (row !== undefined) context.emit(containerEvent(row, 'create'));
  });
  undo.done();
  context.feed.announce();
  return { Id: draft.id, Warnings: draft.warnings };
}

/** Checks a request and decides all that follows from it. @throws as {@link createContainer} */
export async function draftContainer(
  context: EngineContext,
  request: ContainerCreateRequest,
  options: CreateOptions,
): Promise<Draft> {
  const warnings: string[] = [];
  const defaults = context.options.defaults?.();
  const given = request.HostConfig ?? {};
  let host = adaptHostConfig(defaults === undefined ? given : withDefaults(given, defaults));
  checkRuntime(host.Runtime, defaults?.runtimes);
  if (limitsAnything(host)) {
    const checked = checkResources(host, hostLimitSupport(), false);
    host = { ...host, ...checked.resources };
    warnings.push(...checked.warnings);
  }
  const exposesPorts = Object.keys(request.ExposedPorts ?? {}).length > 0;
  warnings.push(
    ...checkHostConfig(host, {
      hostname: request.Hostname ?? '',
      exposesPorts,
      apparmorEnabled: apparmorEnabled(),
    }),
  );
  const endpoints = wishedEndpoints(context, request, host);
  checkLinks(context, host);
  host = pinJoinedContainers(host, (ref) => context.containers.resolve(ref));
  const image = await resolveImage(context, request.Image ?? '', options.platform);
  warnings.push(...platformWarnings(image, options.platform));
  const id = newId();
  const config = mergeConfig(request, image.config, defaultHostname(id, host));
  if (hasOwnNetwork(host) && host.NetworkMode !== 'none') warnings.push(...context.ports.warnings());
  if (publishesPorts(host)) (await import('../ports/wished-ports.ts')).wishedPorts(host, config.ExposedPorts);
  if (hasHealthcheck(config) && !context.options.resident) warnings.push(NO_HEALTH_CHECKS);
  const mounts = collectMounts(config, host, {
    exists: existsSync,
    mountsOf: (ref) => context.containers.get(context.containers.resolve(ref))?.spec.mounts ?? [],
  });
  const ready = await withImages(context, ownedBy(mounts, options.owner));
  return { id, image, config, host, mounts: ready, endpoints, warnings };
}

/** Directories that a start makes for a bind belong to who asked for them. */
function ownedBy(mounts: readonly ContainerMount[], owner: CreateOptions['owner']): readonly ContainerMount[] {
  if (owner === undefined) return mounts;
  return mounts.map((mount) =>
    mount.createSource && mount.origin !== 'volumes-from' ? { ...mount, sourceOwner: owner } : mount,
  );
}

/** Mounts of images keep the image that has the name now. @throws not-found */
async function withImages(context: EngineContext, mounts: readonly ContainerMount[]): Promise<ContainerMount[]> {
  const found: ContainerMount[] = [];
  for (const mount of mounts) {
    const isNew = mount.type === 'image' && mount.imageId === undefined;
    found.push(isNew ? { ...mount, imageId: (await context.images.resolve(mount.name)).id } : mount);
  }
  return found;
}

/** What of a draft is kept: with a name for every anonymous volume. */
export function specOf(root: string, draft: Draft): ContainerSpec {
  const mounts = draft.mounts.map((mount) => placeVolume(root, mount));
  const ownVolumes = mounts.flatMap(({ type, name }, i) =>
    type === 'volume' && draft.mounts[i]?.name === '' ? [name] : [],
  );
  const [path = '', ...args] = [...(draft.config.Entrypoint ?? []), ...(draft.config.Cmd ?? [])];
  return { config: draft.config, mounts, path, args, ownVolumes };
}

/** Most containers limit nothing: then the kernel need not be asked what it can do. */
function limitsAnything(host: HostConfig): boolean {
  return Object.entries(NO_LIMITS).some(([field, none]) => {
    const value = host[field as keyof HostConfig];
    if (Array.isArray(value)) return value.length > 0 && field.startsWith('Blkio');
    return field !== 'CgroupParent' && value !== none && value !== null && value !== undefined;
  });
}

async function resolveImage(context: EngineContext, ref: string, platform: string | undefined): Promise<ResolvedImage> {
  if (ref === '') {
    throw new BerthError('invalid', 'container.no-image', 'a container needs an image: Image is empty');
  }
  const image = await context.images.resolve(ref, platform ? parsePlatform(platform) : undefined);
  if (platform !== undefined && platform !== '') {
    const [os = '', architecture = image.architecture] = platform.split('/');
    if (os !== image.os || architecture !== image.architecture) {
      throw new BerthError(
        'not-found',
        'image.platform',
        `image with reference ${ref} was found but does not provide the specified platform (${platform})`,
      );
    }
  }
  return image;
}

const HOST_ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;

function platformWarnings(image: ResolvedImage, platform: string | undefined): string[] {
  const matches = image.os === 'linux' && image.architecture === HOST_ARCHITECTURE;
  if (matches || (platform !== undefined && platform !== '')) return [];
  const name = [image.os, image.architecture, image.variant].filter((part) => part !== '').join('/');
  return [
    `The requested image's platform (${name}) does not match the detected host platform (linux/${HOST_ARCHITECTURE}) and no specific platform was requested`,
  ];
}

function defaultHostname(id: string, host: HostConfig): string {
  return host.NetworkMode === 'host' ? hostname() : shortId(id);
}

async function fillVolumes(context: EngineContext, { id, mounts, host }: Draft, options: CreateOptions): Promise<void> {
  // Only Berth's own runtime fills them when it starts the container.
  if (options.startFollows && !isForeignRuntime(host.Runtime)) return;
  if (!mounts.some(({ type, copyUp }) => type === 'volume' && copyUp)) return;
  const { fillAtCreate } = await import('./fill-at-create.ts');
  const row = context.containers.get(id);
  if (row !== undefined) await fillAtCreate(context, row, await context.images.rootfs(id));
}

/** Volumes that were made by name before the failure stay, as in Docker: somebody else may use them by now. */
async function takeBack(context: EngineContext, id: string, spec: ContainerSpec): Promise<void> {
  context.containers.delete(id);
  for (const name of spec.ownVolumes) await removeVolume(context, name);
}

/** Where a volume's data is, with a name for an anonymous one; what is only needed to make it is not kept. */
function placeVolume(root: string, { volume, ...mount }: ContainerMount): ContainerMount {
  if (mount.type !== 'volume' || mount.source !== '') return mount;
  const name = mount.name === '' ? newId() : mount.name;
  const mode = mount.mode === '' && mount.origin !== 'image' ? 'z' : mount.mode;
  return { ...mount, name, source: dataDirectory(root, name), mode };
}

function insertNamed(context: EngineContext, wanted: string | undefined, insert: (name: string) => void): void {
  context.sql.transaction(() => {
    for (let attempt = 0; ; attempt++) {
      const name = wanted ?? randomName(attempt);
      const owner = context.containers.idOfName(name);
      if (owner === undefined) {
        insert(name);
        return;
      }
      if (wanted !== undefined || attempt >= NAME_ATTEMPTS) throw nameConflict(name, owner);
    }
  });
}
