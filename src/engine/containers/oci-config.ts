import type { ContainerConfig, HostConfig, Ulimit } from '#spec/docker-api/containers.ts';
import type { Linux, LinuxNamespace, LinuxSeccomp, OciConfig, POSIXRlimit, Process } from '#spec/oci-runtime/config.ts';
import type { Identity } from './account-files.ts';
import { mergeEnv } from './merge-config.ts';
import { hasOwnNetwork } from './namespace-mode.ts';
import { type EtcFiles, planMounts, rootPropagation } from './oci-mounts.ts';
import { planDevices, toOciResources } from './oci-resources.ts';
import { parseSecurityOptions } from './security-opt.ts';
import type { StartMount } from './start-mounts.ts';

/** Everything a container's config.json is made of. Facts of the host come in, so that nothing here looks them up. */
export interface OciInput {
  readonly id: string;
  readonly config: ContainerConfig;
  readonly host: HostConfig;
  readonly path: string;
  readonly args: readonly string[];
  readonly mounts: readonly StartMount[];
  readonly etc: EtcFiles;
  readonly identity: Identity;
  /** The bounding set. */
  readonly capabilities: readonly string[];
  readonly rootPath: string;
  readonly cgroupPath: string;
  /** Undefined runs without a filter. */
  readonly seccomp: LinuxSeccomp | undefined;
  readonly apparmorProfile: string | undefined;
  /** Namespace files of containers whose namespaces are joined. */
  readonly joined: { readonly pid?: string; readonly ipc?: string; readonly network?: string };
  readonly sharedMemory: string | undefined;
  readonly initProgram: string | undefined;
  /** The highest limit of open files that this process may give away. */
  readonly maxOpenFiles: number;
}

/** The oldest version that has all that is used here: runtimes of Debian 12 refuse a newer one. */
const OCI_VERSION = '1.0.2';
const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const OPEN_FILES_SOFT = 1024;
const OPEN_FILES_HARD = 524_288;

/** The config.json of a container. */
export function toOciConfig(input: OciInput): OciConfig {
  const { config, host } = input;
  return {
    ociVersion: OCI_VERSION,
    process: processOf(input),
    root: { path: input.rootPath, ...(host.ReadonlyRootfs ? { readonly: true } : {}) },
    ...(host.UTSMode === 'host' ? {} : { hostname: config.Hostname }),
    ...(host.UTSMode === 'host' || config.Domainname === '' ? {} : { domainname: config.Domainname }),
    mounts: planMounts(input),
    ...(host.Annotations === undefined ? {} : { annotations: host.Annotations }),
    linux: linuxOf(input),
  };
}

function processOf(input: OciInput): Process {
  const { config, host, identity } = input;
  const { capabilities } = input;
  const held = identity.uid === 0 ? capabilities : [];
  const command = [input.path, ...input.args];
  const options = parseSecurityOptions(host.SecurityOpt);
  const [rows, columns] = host.ConsoleSize;
  return {
    terminal: config.Tty,
    ...(config.Tty && rows > 0 && columns > 0 ? { consoleSize: { height: rows, width: columns } } : {}),
    user: { uid: identity.uid, gid: identity.gid, additionalGids: identity.additionalGids },
    args: input.initProgram === undefined ? command : ['/sbin/docker-init', '--', ...command],
    env: environment(config, identity.home),
    cwd: config.WorkingDir === '' ? '/' : config.WorkingDir,
    // A user without root's id holds nothing at first; the bounding set lets set-uid programs of the image work.
    capabilities: { bounding: capabilities, effective: held, permitted: held },
    rlimits: rlimitsOf(host.Ulimits ?? [], input.maxOpenFiles),
    noNewPrivileges: options.noNewPrivileges,
    ...(input.apparmorProfile === undefined ? {} : { apparmorProfile: input.apparmorProfile }),
    ...(host.OomScoreAdj === 0 ? {} : { oomScoreAdj: host.OomScoreAdj }),
  };
}

/** Variables that every container has, then its own. */
export function environment(config: ContainerConfig, home: string): string[] {
  const base = [DEFAULT_PATH, `HOSTNAME=${config.Hostname}`, ...(config.Tty ? ['TERM=xterm'] : [])];
  // A name without a value takes the variable away.
  const removed = new Set(config.Env.filter((entry) => !entry.includes('=')));
  const own = config.Env.filter((entry) => entry.includes('='));
  const inherited = mergeEnv(own, base).slice(own.length);
  const all = [...inherited, ...own].filter((entry) => !removed.has(entry.slice(0, entry.indexOf('='))));
  return all.some((entry) => entry.startsWith('HOME=')) ? all : [...all, `HOME=${home}`];
}

function rlimitsOf(limits: readonly Ulimit[], maxOpenFiles: number): POSIXRlimit[] {
  const unlimited = 2n ** 64n - 1n;
  const own = limits.map(({ Name, Soft, Hard }) => ({
    type: `RLIMIT_${Name.toUpperCase()}`,
    soft: Soft === -1 ? unlimited : Soft,
    hard: Hard === -1 ? unlimited : Hard,
  }));
  if (own.some((limit) => limit.type === 'RLIMIT_NOFILE')) return own;
  const hard = Math.min(OPEN_FILES_HARD, maxOpenFiles);
  return [...own, { type: 'RLIMIT_NOFILE', soft: Math.min(OPEN_FILES_SOFT, hard), hard }];
}

function linuxOf(input: OciInput): Linux {
  const { host } = input;
  const devices = planDevices(host);
  const resources = toOciResources(host);
  const propagation = rootPropagation(input.mounts);
  return {
    sysctl: { ...defaultSysctls(host), ...host.Sysctls },
    resources: { ...resources, ...(devices.rules.length > 0 ? { devices: devices.rules } : {}) },
    cgroupsPath: input.cgroupPath,
    namespaces: namespacesOf(input),
    ...(devices.nodes.length > 0 ? { devices: devices.nodes } : {}),
    ...(input.seccomp === undefined ? {} : { seccomp: input.seccomp }),
    ...(propagation === undefined ? {} : { rootfsPropagation: propagation }),
    maskedPaths: host.MaskedPaths ?? [],
    readonlyPaths: host.ReadonlyPaths ?? [],
  };
}

/** As in Docker: low ports and ping need no privilege inside a network of one's own. */
function defaultSysctls(host: HostConfig): Record<string, string> {
  if (!hasOwnNetwork(host)) return {};
  return { 'net.ipv4.ip_unprivileged_port_start': '0', 'net.ipv4.ping_group_range': '0 2147483647' };
}

function namespacesOf({ host, joined }: OciInput): LinuxNamespace[] {
  const list: LinuxNamespace[] = [{ type: 'mount' }];
  const add = (type: LinuxNamespace['type'], isHost: boolean, path: string | undefined) => {
    if (path !== undefined) list.push({ type, path });
    else if (!isHost) list.push({ type });
  };
  add('network', host.NetworkMode === 'host', joined.network);
  add('uts', host.UTSMode === 'host', undefined);
  add('pid', host.PidMode === 'host', joined.pid);
  add('ipc', host.IpcMode === 'host', joined.ipc);
  add('cgroup', host.CgroupnsMode === 'host', undefined);
  return list;
}
