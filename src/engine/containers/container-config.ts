import type { ContainerConfig, HostConfig } from '#spec/docker-api/containers.ts';
import type { OciConfig } from '#spec/oci-runtime/config.ts';
import type { RootfsMount } from '#spec/rootfs.ts';
import { DEFAULT_PROFILE } from '#sys/apparmor/default-profile.ts';
import { ownProgram } from '#sys/own-program.ts';
import { readProcessFile } from '#sys/proc.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import { linkVariables } from '../networks/links.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { type AccountFiles, type Identity, resolveIdentity } from './account-files.ts';
import { capabilitiesOf, seccompOf } from './container-seccomp.ts';
import { etcFilesOf } from './etc-files.ts';
import { apparmorEnabled } from './host-facts.ts';
import { joinedNamespaces } from './joined-namespaces.ts';
import { joinedContainer } from './namespace-mode.ts';
import { toOciConfig } from './oci-config.ts';
import { readRootFile } from './root-files.ts';
import { isForeignRuntime } from './runtime-name.ts';
import { parseSecurityOptions } from './security-opt.ts';
import type { StartMount } from './start-mounts.ts';

/** The control group of a container, as the cgroup layer names it. */
export function cgroupPathOf(id: string, host: HostConfig): string {
  const parent = host.CgroupParent === '' ? '/berth' : host.CgroupParent;
  return `${parent.startsWith('/') ? '' : '/'}${parent.replace(/\/+$/, '')}/${id}`;
}

/** Layers of a root file system that is not mounted, topmost first. */
export function layersOf(rootfs: RootfsMount): string[] {
  return rootfs.type === 'overlay' ? [rootfs.upper, ...rootfs.lower] : [rootfs.path];
}

/** The account files among layers, or of a running container's root `/proc/PID/root`. */
export function readAccounts(layers: readonly string[]): AccountFiles {
  return {
    passwd: readRootFile(layers, '/etc/passwd') ?? '',
    group: readRootFile(layers, '/etc/group') ?? '',
  };
}

/** Who the container's process is, by the account files of its root file system. */
export function identityOf(config: ContainerConfig, host: HostConfig, layers: readonly string[]): Identity {
  return resolveIdentity(config.User, host.GroupAdd ?? [], readAccounts(layers));
}

function apparmorProfileOf(host: HostConfig): string | undefined {
  const { apparmor } = parseSecurityOptions(host.SecurityOpt);
  if (!apparmorEnabled()) return undefined;
  return apparmor ?? (host.Privileged ? 'unconfined' : DEFAULT_PROFILE);
}

/** The highest number of open files this process may allow others. */
function maxOpenFiles(): number {
  const line = /^Max open files\s+\S+\s+(\S+)/m.exec(readProcessFile(process.pid, 'limits') ?? '');
  return line?.[1] === undefined || line[1] === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(line[1]);
}

function networkOwner(context: EngineContext, row: ContainerRow): ContainerRow {
  const joined = joinedContainer(row.hostConfig.NetworkMode);
  return (joined === undefined ? undefined : context.containers.get(joined)) ?? row;
}

/** What the user sets himself wins. */
function withLinks(own: readonly string[], links: readonly string[]): readonly string[] {
  if (links.length === 0) return own;
  const nameOf = (entry: string) => entry.split('=', 1)[0]!;
  const set = new Set(own.map(nameOf));
  return [...own, ...links.filter((entry) => !set.has(nameOf(entry)))];
}

/**
 * The config.json of a container as it would start now.
 *
 * @param mounts from {@link startMounts}
 * @throws what joined containers, the user's name or bind sources make impossible
 */
export function containerOciConfig(
  context: EngineContext,
  row: ContainerRow,
  rootfs: RootfsMount,
  mounts: readonly StartMount[],
): OciConfig {
  const { path, args } = row.spec;
  const host = row.hostConfig;
  // Who shares a network shares its names: host name and /etc files are those of the network's owner.
  const owner = networkOwner(context, row);
  const { Env, ...own } = row.spec.config;
  const config = { ...own, Env: withLinks(Env, linkVariables(context, row)), Hostname: owner.spec.config.Hostname };
  const { sharedMemory, ...joined } = joinedNamespaces(host, context.containers);
  return toOciConfig({
    id: row.id,
    config,
    host,
    path,
    args,
    mounts,
    etc: etcFilesOf(pathsOf(context.root, owner.id).directory),
    identity: identityOf(config, host, layersOf(rootfs)),
    capabilities: capabilitiesOf(host),
    rootPath: rootfs.type === 'bind' ? rootfs.path : 'rootfs',
    cgroupPath: cgroupPathOf(row.id, host),
    // Our own runtime gets the filter compiled; only other ones need to be told what it is.
    seccomp: isForeignRuntime(host.Runtime) ? seccompOf(host) : undefined,
    apparmorProfile: apparmorProfileOf(host),
    joined,
    sharedMemory,
    initProgram: host.Init === true ? ownProgram('init') : undefined,
    maxOpenFiles: maxOpenFiles(),
  });
}
