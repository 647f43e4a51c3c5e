/** The typed client: one method per call of the Docker Engine API, over whatever transport. */

import type { Api } from './api.ts';
import { getArchive, putArchive, statArchive } from './containers/archive.ts';
import { attachContainer } from './containers/attach.ts';
import { containerChanges } from './containers/changes.ts';
import { commitContainer } from './containers/commit.ts';
import { createContainer } from './containers/create.ts';
import { explainContainer } from './containers/explain.ts';
import { exportContainer } from './containers/export.ts';
import { inspectContainer } from './containers/inspect.ts';
import { killContainer } from './containers/kill.ts';
import { listContainers } from './containers/list.ts';
import { containerLogs } from './containers/logs.ts';
import { pauseContainer } from './containers/pause.ts';
import { pruneContainers } from './containers/prune.ts';
import { removeContainer } from './containers/remove.ts';
import { renameContainer } from './containers/rename.ts';
import { resizeContainer } from './containers/resize.ts';
import { restartContainer } from './containers/restart.ts';
import { startContainer } from './containers/start.ts';
import { containerStats } from './containers/stats.ts';
import { stopContainer } from './containers/stop.ts';
import { topContainer } from './containers/top.ts';
import { unpauseContainer } from './containers/unpause.ts';
import { updateContainer } from './containers/update.ts';
import { waitContainer } from './containers/wait.ts';
import { createExec } from './execs/create.ts';
import { inspectExec } from './execs/inspect.ts';
import { resizeExec } from './execs/resize.ts';
import { startExec, startExecDetached } from './execs/start.ts';
import { copyImage } from './images/copy.ts';
import { compareImages, imageFiles, imageTree, readImageFile } from './images/examine.ts';
import { imageHistory } from './images/history.ts';
import { importImage } from './images/import.ts';
import { inspectImage } from './images/inspect.ts';
import { inspectInRegistry, inspectRemoteImage } from './images/inspect-remote.ts';
import { listImages } from './images/list.ts';
import { loadImages } from './images/load.ts';
import { pushManifestList, remoteDocument } from './images/manifests.ts';
import { pruneImages } from './images/prune.ts';
import { pullImage } from './images/pull.ts';
import { pushImage } from './images/push.ts';
import { removeImage } from './images/remove.ts';
import { saveImages } from './images/save.ts';
import { searchImages } from './images/search.ts';
import { tagImage } from './images/tag.ts';
import { connectNetwork } from './networks/connect.ts';
import { createNetwork } from './networks/create.ts';
import { disconnectNetwork } from './networks/disconnect.ts';
import { inspectNetwork } from './networks/inspect.ts';
import { listNetworks } from './networks/list.ts';
import { pruneNetworks } from './networks/prune.ts';
import { removeNetwork } from './networks/remove.ts';
import { checkState } from './system/check.ts';
import { diskUsage } from './system/disk-usage.ts';
import { systemEvents } from './system/events.ts';
import { systemInfo } from './system/info.ts';
import { logIn } from './system/login.ts';
import { ping } from './system/ping.ts';
import { storageUsage } from './system/storage.ts';
import { systemVersion } from './system/version.ts';
import type { Transport } from './transport.ts';
import { exportVolume, importVolume } from './volumes/archive.ts';
import { cloneVolume } from './volumes/clone.ts';
import { createVolume } from './volumes/create.ts';
import { inspectVolume } from './volumes/inspect.ts';
import { listVolumes } from './volumes/list.ts';
import { pruneVolumes } from './volumes/prune.ts';
import { removeVolume } from './volumes/remove.ts';
import { renameVolume } from './volumes/rename.ts';
import { updateVolume } from './volumes/update.ts';

const containers = {
  create: createContainer,
  explain: explainContainer,
  start: startContainer,
  stop: stopContainer,
  restart: restartContainer,
  kill: killContainer,
  pause: pauseContainer,
  unpause: unpauseContainer,
  wait: waitContainer,
  remove: removeContainer,
  rename: renameContainer,
  update: updateContainer,
  inspect: inspectContainer,
  list: listContainers,
  attach: attachContainer,
  logs: containerLogs,
  top: topContainer,
  stats: containerStats,
  resize: resizeContainer,
  changes: containerChanges,
  export: exportContainer,
  getArchive: getArchive,
  putArchive: putArchive,
  statArchive: statArchive,
  prune: pruneContainers,
  commit: commitContainer,
};

const execs = {
  create: createExec,
  start: startExec,
  startDetached: startExecDetached,
  inspect: inspectExec,
  resize: resizeExec,
};

const images = {
  list: listImages,
  inspect: inspectImage,
  history: imageHistory,
  tree: imageTree,
  files: imageFiles,
  readFile: readImageFile,
  compare: compareImages,
  tag: tagImage,
  remove: removeImage,
  load: loadImages,
  save: saveImages,
  import: importImage,
  pull: pullImage,
  push: pushImage,
  copy: copyImage,
  remoteDocument,
  pushManifestList,
  inspectRemote: inspectRemoteImage,
  inspectInRegistry,
  search: searchImages,
  prune: pruneImages,
};

const system = {
  events: systemEvents,
  info: systemInfo,
  version: systemVersion,
  ping: ping,
  login: logIn,
  diskUsage: diskUsage,
  check: checkState,
  storage: storageUsage,
};

const networks = {
  create: createNetwork,
  inspect: inspectNetwork,
  list: listNetworks,
  remove: removeNetwork,
  prune: pruneNetworks,
  connect: connectNetwork,
  disconnect: disconnectNetwork,
};

const volumes = {
  create: createVolume,
  inspect: inspectVolume,
  list: listVolumes,
  prune: pruneVolumes,
  remove: removeVolume,
  update: updateVolume,
  rename: renameVolume,
  clone: cloneVolume,
  export: exportVolume,
  import: importVolume,
};

// `never[]` is what every parameter list accepts: calls of any shape, each first given the connection.
type Call = (api: Api, ...rest: never[]) => unknown;
type Bound<T> = {
  readonly [K in keyof T]: T[K] extends (api: Api, ...rest: infer A) => infer R ? (...rest: A) => R : never;
};

function bind<T extends Readonly<Record<string, Call>>>(calls: T, api: Api): Bound<T> {
  const bound: Record<string, unknown> = {};
  for (const [name, call] of Object.entries(calls))
    bound[name] = (...rest: unknown[]) => call(api, ...(rest as never[]));
  return bound as Bound<T>;
}

/**
 * A connection to one engine. Every call takes an `AbortSignal` as its last parameter and rejects with a `BerthError`:
 * the API's message, `details.status` the HTTP status; `unavailable` when no engine answers.
 */
export interface Client {
  readonly endpoint: string;
  /** Calls about containers (`docker container ...`). */
  readonly containers: Bound<typeof containers>;
  /** Processes added to running containers. */
  readonly execs: Bound<typeof execs>;
  readonly images: Bound<typeof images>;
  readonly system: Bound<typeof system>;
  readonly networks: Bound<typeof networks>;
  readonly volumes: Bound<typeof volumes>;
  /** The API version spoken with the engine. */
  apiVersion(): Promise<string>;
  close(): Promise<void>;
}

/** @param transport `socketTransport('unix:///...')` or `inProcessTransport(dispatch)` */
export function connect(transport: Transport): Client {
  return {
    endpoint: transport.endpoint,
    containers: bind(containers, transport),
    execs: bind(execs, transport),
    images: bind(images, transport),
    system: bind(system, transport),
    networks: bind(networks, transport),
    volumes: bind(volumes, transport),
    apiVersion: () => transport.apiVersion(),
    close: () => transport.close(),
  };
}
