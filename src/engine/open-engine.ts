import { statfsSync } from 'node:fs';
import type { Distribution } from '#distribution/open-distribution.ts';
import type { Store } from '#store/open-store.ts';
import { listPids } from '#sys/cgroup/processes.ts';
import { readStats } from '#sys/cgroup/stats.ts';
import { interfaceCounters } from '#sys/interface-counters.ts';
import { kernelRelease, machineTotals } from '#sys/proc-host.ts';
import { processTable } from '#sys/proc-top.ts';
import type { Archives } from './archive/api.ts';
import { commitContainer } from './archive/commit-container.ts';
import { createArchives } from './archive/engine-archives.ts';
import { resolveIdentity } from './containers/account-files.ts';
import type { LocatedContainer } from './containers/api.ts';
import { layersOf, readAccounts } from './containers/container-config.ts';
import { apparmorEnabled, cgroupHost, hostLimitSupport } from './containers/host-facts.ts';
import { OWN_RUNTIME } from './containers/runtime-name.ts';
import type { Engine, EngineOptions } from './engine.ts';
import type { Images } from './images/api.ts';
import { createImages } from './images/engine-images.ts';
import { registriesOpener } from './images/open-registries.ts';
import { createLogs } from './logs/log-reader.ts';
import { createNetworks } from './networks/engine-networks.ts';
import { type Core, openCore } from './open-core.ts';
import { createStats } from './stats/container-stats.ts';
import { listProcesses } from './stats/top.ts';
import { createSystem, type SystemParts } from './system/engine-system.ts';
import { fileSystemName } from './system/host-info.ts';
import { storageUsage } from './system/storage-usage.ts';
import { createVolumes } from './volumes/engine-volumes.ts';
import { mountPlace } from './volumes/mount-place.ts';
import { volumeUsage } from './volumes/volume-usage.ts';

/** What an engine says about itself. */
export type EngineIdentity = Pick<SystemParts, 'apiVersion' | 'minimumApiVersion' | 'build' | 'settings'>;

function imagesOf({ context, store, events }: Core, distribution: () => Promise<Distribution>): Images {
  const carried = context.options.carriedImages ?? {};
  const usersOf = (imageId: string) =>
    context.containers.usersOfImage(imageId).flatMap((id) => {
      const row = context.containers.get(id);
      return row === undefined ? [] : { id, isRunning: row.status === 'running' || row.status === 'paused' };
    });
  return createImages({
    store,
    usersOf,
    carried,
    emit: (event) => events.emit(event),
    distribution,
  });
}

function ownerOf(store: Store, container: LocatedContainer) {
  const { User } = container.inspect().Config;
  if (User === '') return undefined;
  const layers = layersOf(store.snapshots.mountOf(container.id));
  const { uid, gid } = resolveIdentity(User, [], readAccounts(layers));
  return { uid, gid };
}

function archivesOf({ context, store, containers, events }: Core): Archives {
  return createArchives({
    containers,
    trees: store.trees,
    rootfsOf: async (id) => store.snapshots.mountOf(id),
    mountPlace: (id, mount) => mountPlace(context, id, mount),
    ownerOf: async (container) => ownerOf(store, container),
    changesOf: (id) => store.changes(id),
    commit: (container, options, config) => commitContainer(store, container, options, config),
    emit: (event) => events.emit(event),
  });
}

function statsOf({ containers, events }: Core) {
  const top = { containers, pidsOf: (path: string) => listPids(cgroupHost(), path), processTable };
  return createStats({
    containers,
    readGroup: (path) => readStats(cgroupHost(), path),
    readInterfaces: interfaceCounters,
    top: async (ref, psArgs) => {
      const table = await listProcesses(top, ref, psArgs);
      const { id, name, image, labels } = await containers.locate(ref);
      events.emit({ type: 'container', action: 'top', id, attributes: { ...labels, image, name } });
      return table;
    },
  });
}

/** The storage driver with the facts that docker's own reports. */
function storageDriver({ root, context }: Core): ReturnType<SystemParts['driver']> {
  const status: [string, string][] = [
    ['Backing Filesystem', fileSystemName(statfsSync(root, { bigint: true }).type)],
    ['Supports d_type', 'true'],
    ['Using metacopy', 'false'],
    ['Native Overlay Diff', 'true'],
    ['userxattr', 'false'],
  ];
  const name = context.images.driverOf('');
  return { name, status: name === 'overlay' ? status : status.slice(0, 1) };
}

function systemOf(core: Core, images: Images, distribution: () => Promise<Distribution>, identity: EngineIdentity) {
  const { defaults } = core.context.options;
  return createSystem({
    ...identity,
    ...(defaults === undefined ? {} : { defaults }),
    root: core.root,
    containers: core.containers,
    images,
    layersSize: async () => core.store.layers.table.all().reduce((sum, layer) => sum + layer.size, 0),
    volumes: () => volumeUsage(core.root, core.context.volumes.all()),
    storage: async () => storageUsage(core.root, await core.store.diskUsage()),
    check: async (options) => {
      const { checkState } = await import('./system/check-state.ts');
      return await checkState(core, options, distribution);
    },
    driver: () => storageDriver(core),
    limits: hostLimitSupport,
    cgroupVersion: () => cgroupHost().version,
    machine: machineTotals,
    kernelRelease,
    apparmor: apparmorEnabled,
    networkWarnings: async () => (await import('./networks/restore-firewall.ts')).noteObstacles(core.context),
    runtimes: () => ({ [OWN_RUNTIME]: { path: 'berth-runtime' }, crun: { path: 'crun' }, runc: { path: 'runc' } }),
    defaultRuntime: OWN_RUNTIME,
  });
}

/** The whole engine over its ground floor; closing it closes that. */
export function assembleEngine(core: Core, identity: EngineIdentity): Engine {
  const { context, store } = core;
  const distribution = registriesOpener(store, identity.build.version, context.options.defaults);
  const images = imagesOf(core, distribution);
  return {
    root: core.root,
    containers: core.containers,
    execs: core.execs,
    events: core.events,
    images,
    logs: createLogs(core.containers),
    stats: statsOf(core),
    archives: archivesOf(core),
    system: systemOf(core, images, distribution, identity),
    volumes: createVolumes(core.context),
    networks: createNetworks(core.context, async (ref) => (await core.containers.locate(ref)).id),
    finish: () => core.finish(),
    close: () => core.close(),
    [Symbol.asyncDispose]: () => core.close(),
  };
}

/** Opens an engine: any number of processes may hold one on the same root at once. */
export function openEngine(options: EngineOptions, identity: EngineIdentity): Engine {
  return assembleEngine(openCore(options), identity);
}
