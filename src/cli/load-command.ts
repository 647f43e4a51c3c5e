/** Where each command's flags and code are. Everything here is loaded only when its command runs. */
import type { CommandModule } from './command.ts';
import type { FlagSpec } from './flag.ts';

interface Loader {
  readonly flags?: () => Promise<readonly FlagSpec[]>;
  readonly code?: () => Promise<CommandModule>;
}

const container = () => import('./flags/container.ts');
const image = () => import('./flags/image.ts');
const examine = () => import('./flags/examine.ts');
const system = () => import('./flags/system.ts');
const context = () => import('./flags/context.ts');
const registry = () => import('./flags/registry.ts');
const run = () => import('./flags/run.ts');

const network = () => import('./flags/network.ts');
const volume = () => import('./flags/volume.ts');

/** By a command's id, the first of its names. */
const LOADERS: Readonly<Record<string, Loader>> = {
  attach: { flags: async () => (await container()).ATTACH_FLAGS, code: () => import('./commands/attach.ts') },
  commit: { flags: async () => (await container()).COMMIT_FLAGS, code: () => import('./commands/commit.ts') },
  cp: { flags: async () => (await container()).CP_FLAGS, code: () => import('./commands/cp.ts') },
  create: { flags: async () => (await run()).CREATE_FLAGS, code: () => import('./commands/create.ts') },
  diff: { code: () => import('./commands/diff.ts') },
  exec: { flags: async () => (await container()).EXEC_FLAGS, code: () => import('./commands/exec.ts') },
  export: { flags: async () => (await container()).EXPORT_FLAGS, code: () => import('./commands/export.ts') },
  kill: { flags: async () => (await container()).KILL_FLAGS, code: () => import('./commands/kill.ts') },
  logs: { flags: async () => (await container()).LOGS_FLAGS, code: () => import('./commands/logs.ts') },
  pause: { code: () => import('./commands/pause.ts') },
  port: { code: () => import('./commands/port.ts') },
  ps: { flags: async () => (await container()).LS_FLAGS, code: () => import('./commands/ps.ts') },
  rename: { code: () => import('./commands/rename.ts') },
  restart: { flags: async () => (await container()).RESTART_FLAGS, code: () => import('./commands/restart.ts') },
  rm: { flags: async () => (await container()).RM_FLAGS, code: () => import('./commands/rm.ts') },
  run: { flags: async () => (await run()).RUN_FLAGS, code: () => import('./commands/run.ts') },
  start: { flags: async () => (await container()).START_FLAGS, code: () => import('./commands/start.ts') },
  stats: { flags: async () => (await container()).STATS_FLAGS, code: () => import('./commands/stats.ts') },
  stop: { flags: async () => (await container()).STOP_FLAGS, code: () => import('./commands/stop.ts') },
  top: { code: () => import('./commands/top.ts') },
  unpause: { code: () => import('./commands/unpause.ts') },
  update: {
    flags: async () => (await import('./flags/update.ts')).UPDATE_FLAGS,
    code: () => import('./commands/update.ts'),
  },
  wait: { code: () => import('./commands/wait.ts') },
  'container inspect': {
    flags: async () => (await container()).INSPECT_FLAGS,
    code: () => import('./commands/container-inspect.ts'),
  },
  'container prune': {
    flags: async () => (await container()).PRUNE_FLAGS,
    code: () => import('./commands/container-prune.ts'),
  },
  history: { flags: async () => (await image()).IMAGE_HISTORY_FLAGS, code: () => import('./commands/history.ts') },
  'image cat': { code: () => import('./commands/image-cat.ts') },
  'image diff': {
    flags: async () => (await examine()).IMAGE_DIFF_FLAGS,
    code: () => import('./commands/image-diff.ts'),
  },
  'image files': {
    flags: async () => (await examine()).IMAGE_FILES_FLAGS,
    code: () => import('./commands/image-files.ts'),
  },
  'image tree': {
    flags: async () => (await examine()).IMAGE_TREE_FLAGS,
    code: () => import('./commands/image-tree.ts'),
  },
  'image inspect': {
    flags: async () => (await image()).IMAGE_INSPECT_FLAGS,
    code: () => import('./commands/image-inspect.ts'),
  },
  'image prune': {
    flags: async () => (await image()).IMAGE_PRUNE_FLAGS,
    code: () => import('./commands/image-prune.ts'),
  },
  images: { flags: async () => (await image()).IMAGE_LS_FLAGS, code: () => import('./commands/images.ts') },
  import: { flags: async () => (await image()).IMAGE_IMPORT_FLAGS, code: () => import('./commands/import.ts') },
  load: { flags: async () => (await image()).IMAGE_LOAD_FLAGS, code: () => import('./commands/load.ts') },
  rmi: { flags: async () => (await image()).IMAGE_RM_FLAGS, code: () => import('./commands/rmi.ts') },
  'image copy': {
    flags: async () => (await registry()).IMAGE_COPY_FLAGS,
    code: () => import('./commands/image-copy.ts'),
  },
  'manifest annotate': {
    flags: async () => (await registry()).MANIFEST_ANNOTATE_FLAGS,
    code: () => import('./commands/manifest-annotate.ts'),
  },
  'manifest create': {
    flags: async () => (await registry()).MANIFEST_CREATE_FLAGS,
    code: () => import('./commands/manifest-create.ts'),
  },
  'manifest inspect': {
    flags: async () => (await registry()).MANIFEST_INSPECT_FLAGS,
    code: () => import('./commands/manifest-inspect.ts'),
  },
  'manifest push': {
    flags: async () => (await registry()).MANIFEST_PUSH_FLAGS,
    code: () => import('./commands/manifest-push.ts'),
  },
  'manifest rm': { code: () => import('./commands/manifest-rm.ts') },
  login: { flags: async () => (await registry()).LOGIN_FLAGS, code: () => import('./commands/login.ts') },
  logout: { code: () => import('./commands/logout.ts') },
  'registry gc': {
    flags: async () => (await import('./flags/registry-server.ts')).REGISTRY_GC_FLAGS,
    code: () => import('./commands/registry-gc.ts'),
  },
  'registry serve': {
    flags: async () => (await import('./flags/registry-server.ts')).REGISTRY_SERVE_FLAGS,
    code: () => import('./commands/registry-serve.ts'),
  },
  push: { flags: async () => (await registry()).PUSH_FLAGS, code: () => import('./commands/push.ts') },
  search: { flags: async () => (await registry()).SEARCH_FLAGS, code: () => import('./commands/search.ts') },
  pull: { flags: async () => (await registry()).PULL_FLAGS, code: () => import('./commands/pull.ts') },
  save: { flags: async () => (await image()).IMAGE_SAVE_FLAGS, code: () => import('./commands/save.ts') },
  tag: { code: () => import('./commands/tag.ts') },
  events: { flags: async () => (await system()).SYSTEM_EVENTS_FLAGS, code: () => import('./commands/events.ts') },
  info: { flags: async () => (await system()).SYSTEM_INFO_FLAGS, code: () => import('./commands/info.ts') },
  inspect: { flags: async () => (await system()).INSPECT_FLAGS, code: () => import('./commands/inspect.ts') },
  'system dial-stdio': { code: () => import('./commands/dial-stdio.ts') },
  'system df': { flags: async () => (await system()).SYSTEM_DF_FLAGS, code: () => import('./commands/system-df.ts') },
  'system fsck': {
    flags: async () => (await system()).SYSTEM_FSCK_FLAGS,
    code: () => import('./commands/system-fsck.ts'),
  },
  'system prune': {
    flags: async () => (await system()).SYSTEM_PRUNE_FLAGS,
    code: () => import('./commands/system-prune.ts'),
  },
  'context create': {
    flags: async () => (await context()).CONTEXT_CREATE_FLAGS,
    code: () => import('./commands/context-create.ts'),
  },
  'context export': { code: () => import('./commands/context-export.ts') },
  'context import': { code: () => import('./commands/context-import.ts') },
  'context inspect': {
    flags: async () => (await context()).CONTEXT_INSPECT_FLAGS,
    code: () => import('./commands/context-inspect.ts'),
  },
  'context ls': {
    flags: async () => (await context()).CONTEXT_LS_FLAGS,
    code: () => import('./commands/context-ls.ts'),
  },
  'context rm': {
    flags: async () => (await context()).CONTEXT_RM_FLAGS,
    code: () => import('./commands/context-rm.ts'),
  },
  'context show': { code: () => import('./commands/context-show.ts') },
  'context update': {
    flags: async () => (await context()).CONTEXT_UPDATE_FLAGS,
    code: () => import('./commands/context-update.ts'),
  },
  'context use': { code: () => import('./commands/context-use.ts') },
  daemon: {
    flags: async () => (await import('./flags/daemon.ts')).DAEMON_FLAGS,
    code: () => import('./commands/daemon.ts'),
  },
  completion: { code: () => import('./commands/completion.ts') },
  'network connect': {
    flags: async () => (await network()).NETWORK_CONNECT_FLAGS,
    code: () => import('./commands/network-connect.ts'),
  },
  'network create': {
    flags: async () => (await network()).NETWORK_CREATE_FLAGS,
    code: () => import('./commands/network-create.ts'),
  },
  'network disconnect': {
    flags: async () => (await network()).NETWORK_DISCONNECT_FLAGS,
    code: () => import('./commands/network-disconnect.ts'),
  },
  'network inspect': {
    flags: async () => (await network()).NETWORK_INSPECT_FLAGS,
    code: () => import('./commands/network-inspect.ts'),
  },
  'network ls': {
    flags: async () => (await network()).NETWORK_LS_FLAGS,
    code: () => import('./commands/network-ls.ts'),
  },
  'network prune': {
    flags: async () => (await network()).NETWORK_PRUNE_FLAGS,
    code: () => import('./commands/network-prune.ts'),
  },
  'network rm': {
    flags: async () => (await network()).NETWORK_RM_FLAGS,
    code: () => import('./commands/network-rm.ts'),
  },
  'volume clone': {
    flags: async () => (await volume()).VOLUME_CLONE_FLAGS,
    code: () => import('./commands/volume-clone.ts'),
  },
  'volume create': {
    flags: async () => (await volume()).VOLUME_CREATE_FLAGS,
    code: () => import('./commands/volume-create.ts'),
  },
  'volume export': {
    flags: async () => (await volume()).VOLUME_EXPORT_FLAGS,
    code: () => import('./commands/volume-export.ts'),
  },
  'volume import': { code: () => import('./commands/volume-import.ts') },
  'volume inspect': {
    flags: async () => (await volume()).VOLUME_INSPECT_FLAGS,
    code: () => import('./commands/volume-inspect.ts'),
  },
  'volume ls': { flags: async () => (await volume()).VOLUME_LS_FLAGS, code: () => import('./commands/volume-ls.ts') },
  'volume prune': {
    flags: async () => (await volume()).VOLUME_PRUNE_FLAGS,
    code: () => import('./commands/volume-prune.ts'),
  },
  'volume rename': { code: () => import('./commands/volume-rename.ts') },
  'volume rm': { flags: async () => (await volume()).VOLUME_RM_FLAGS, code: () => import('./commands/volume-rm.ts') },
  'volume update': {
    flags: async () => (await volume()).VOLUME_UPDATE_FLAGS,
    code: () => import('./commands/volume-update.ts'),
  },
  version: { flags: async () => (await system()).VERSION_FLAGS, code: () => import('./commands/version.ts') },
};

/** @param id the first name of a row of the table */
export async function loadFlags(id: string): Promise<readonly FlagSpec[]> {
  return (await LOADERS[id]?.flags?.()) ?? [];
}

/** @returns `undefined` for a command that has flags and help but no code yet */
export async function loadCode(id: string): Promise<CommandModule | undefined> {
  return LOADERS[id]?.code?.();
}
