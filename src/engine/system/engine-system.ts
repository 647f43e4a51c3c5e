import { readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { formatTimeNs, nowNs } from '#base/time.ts';
import type { ContainerSummary } from '#spec/docker-api/containers.ts';
import type {
  DiskUsage,
  DiskUsageType,
  RuntimeInfo,
  StateFinding,
  StorageUsage,
  SystemInfo,
  VersionInfo,
} from '#spec/docker-api/system.ts';
import type { Containers } from '../containers/api.ts';
import type { LimitSupport } from '../containers/resource-limits.ts';
import { type EngineDefaults, NO_DEFAULTS } from '../defaults.ts';
import type { Images } from '../images/api.ts';
import { LOG_DRIVERS } from '../log-drivers/check-log-config.ts';
import type { System } from './api.ts';
import type { CheckOptions } from './check-state.ts';
import { engineId } from './engine-id.ts';
import { architectures, ipv4Forwarding, operatingSystem } from './host-info.ts';

/** What the engine is made of; given by the wiring, so that nothing here looks for it. */
export interface SystemParts {
  readonly root: string;
  readonly containers: Pick<Containers, 'list'>;
  readonly images: Pick<Images, 'list'>;
  /** Bytes of all unpacked layers. */
  readonly layersSize: () => Promise<number>;
  readonly volumes: () => Promise<DiskUsage['Volumes']>;
  readonly storage: () => Promise<StorageUsage>;
  readonly check: (options: CheckOptions) => Promise<readonly StateFinding[]>;
  readonly driver: () => { readonly name: string; readonly status: readonly (readonly [string, string])[] };
  readonly limits: () => LimitSupport;
  readonly cgroupVersion: () => 1 | 2;
  readonly machine: () => { readonly cpus: number; readonly memoryBytes: number };
  readonly kernelRelease: () => string;
  readonly apparmor: () => boolean;
  /** What keeps containers' packets from passing the host. */
  readonly networkWarnings: () => Promise<readonly string[]>;
  /** OCI runtimes by the name that `--runtime` takes. */
  readonly runtimes: () => Readonly<Record<string, RuntimeInfo>>;
  readonly defaultRuntime: string;
  /** What a daemon was told about itself; asked each time, because it may be told again. */
  readonly settings?: () => {
    readonly labels: readonly string[];
    readonly debug: boolean;
    readonly experimental: boolean;
  };
  /** What containers and networks get that say nothing. */
  readonly defaults?: () => EngineDefaults;
  readonly apiVersion: string;
  readonly minimumApiVersion: string;
  /** Berth's version, and the commit and time of its build where known. */
  readonly build: { readonly version: string; readonly commit: string; readonly time: string };
}

function countStates(containers: readonly ContainerSummary[]) {
  const count = (...states: string[]) => containers.filter((one) => states.includes(one.State)).length;
  return {
    Containers: containers.length,
    ContainersRunning: count('running', 'restarting'),
    ContainersPaused: count('paused'),
    ContainersStopped: count('created', 'exited', 'removing', 'dead'),
  };
}

function limitFacts(limits: LimitSupport) {
  return {
    MemoryLimit: limits.memory,
    SwapLimit: limits.swap,
    CpuCfsPeriod: limits.cpuQuota,
    CpuCfsQuota: limits.cpuQuota,
    CPUShares: limits.cpuShares,
    CPUSet: limits.cpuset,
    PidsLimit: limits.pids,
    OomKillDisable: limits.oomKillDisable,
  };
}

function warnings(limits: LimitSupport, network: readonly string[]): string[] | null {
  const missing = [
    ...(limits.memory ? [] : ['WARNING: No memory limit support']),
    ...(limits.swap ? [] : ['WARNING: No swap limit support']),
    ...(limits.cpuQuota ? [] : ['WARNING: No cpu cfs quota support', 'WARNING: No cpu cfs period support']),
    ...(limits.cpuShares ? [] : ['WARNING: No cpu shares support']),
    ...(limits.cpuset ? [] : ['WARNING: No cpuset support']),
    ...network.map((text) => `WARNING: ${text}`),
  ];
  return missing.length === 0 ? null : missing;
}

function registryFacts({
  mirrors = [],
  insecure = [],
}: EngineDefaults['registries']): Pick<SystemInfo, 'IndexServerAddress' | 'RegistryConfig'> {
  const hub = { Name: 'docker.io', Mirrors: mirrors, Secure: true, Official: true };
  const hosts = insecure.filter((entry) => !entry.includes('/'));
  const others = hosts.map((Name) => [Name, { Name, Mirrors: [], Secure: false, Official: false }] as const);
  return {
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: {
      IndexConfigs: { 'docker.io': hub, ...Object.fromEntries(others) },
      InsecureRegistryCIDRs: ['::1/128', '127.0.0.0/8', ...insecure.filter((entry) => entry.includes('/'))],
      Mirrors: mirrors.length === 0 ? null : mirrors,
    },
  };
}

/** Passwords in addresses of proxies are nobody's business. */
function withoutPassword(url: string): string {
  return url.replace(/^(\w+:\/\/)?.*@/, '$1xxxxx:xxxxx@');
}

function proxyFacts({ proxies }: EngineDefaults): Pick<SystemInfo, 'HttpProxy' | 'HttpsProxy' | 'NoProxy'> {
  const ofEnvironment = (name: string) => process.env[name] ?? process.env[name.toLowerCase()] ?? '';
  return {
    HttpProxy: withoutPassword(proxies.http ?? ofEnvironment('HTTP_PROXY')),
    HttpsProxy: withoutPassword(proxies.https ?? ofEnvironment('HTTPS_PROXY')),
    NoProxy: proxies.none ?? ofEnvironment('NO_PROXY'),
  };
}

function seccompProfile({ securityOptions }: EngineDefaults): string {
  const option = securityOptions.find((each) => each.startsWith('seccomp='));
  return option === undefined ? 'builtin' : option === 'seccomp=unconfined' ? 'unconfined' : 'custom';
}

const NO_SWARM = {
  NodeID: '',
  NodeAddr: '',
  LocalNodeState: 'inactive',
  ControlAvailable: false,
  Error: '',
  RemoteManagers: null,
} as const;

function processFacts() {
  return { NFd: readdirSync('/proc/self/fd').length, NGoroutines: readdirSync('/proc/self/task').length };
}

async function info(parts: SystemParts): Promise<SystemInfo> {
  const [containers, images] = await Promise.all([parts.containers.list({ all: true }), parts.images.list({})]);
  const limits = parts.limits();
  const system = operatingSystem();
  const machine = parts.machine();
  const driver = parts.driver();
  const apparmor = parts.apparmor() ? ['name=apparmor'] : [];
  const cgroupVersion = parts.cgroupVersion();
  const defaults = parts.defaults?.() ?? NO_DEFAULTS;
  return {
    ID: engineId(parts.root),
    ...countStates(containers),
    Images: images.length,
    Driver: driver.name,
    DriverStatus: driver.status,
    Plugins: {
      Volume: ['local'],
      Network: ['bridge', 'host', 'ipvlan', 'macvlan', 'null'],
      Authorization: null,
      Log: LOG_DRIVERS,
    },
    ...limitFacts(limits),
    IPv4Forwarding: ipv4Forwarding(),
    Debug: parts.settings?.().debug ?? false,
    ...processFacts(),
    SystemTime: formatTimeNs(nowNs()),
    LoggingDriver: defaults.host.LogConfig?.Type ?? 'json-file',
    CgroupDriver: 'cgroupfs',
    CgroupVersion: String(cgroupVersion),
    NEventsListener: 0,
    KernelVersion: parts.kernelRelease(),
    OperatingSystem: system.name,
    OSVersion: system.version,
    OSType: 'linux',
    Architecture: architectures().kernel,
    ...registryFacts(defaults.registries),
    NCPU: machine.cpus,
    MemTotal: machine.memoryBytes,
    GenericResources: null,
    DockerRootDir: parts.root,
    ...proxyFacts(defaults),
    Name: hostname(),
    Labels: parts.settings?.().labels ?? [],
    ExperimentalBuild: parts.settings?.().experimental ?? false,
    ServerVersion: parts.build.version,
    Runtimes: { ...parts.runtimes(), ...defaults.runtimes },
    DefaultRuntime: defaults.host.Runtime ?? parts.defaultRuntime,
    Swarm: NO_SWARM,
    LiveRestoreEnabled: true,
    Isolation: '',
    InitBinary: 'berth-init',
    ContainerdCommit: { ID: '' },
    RuncCommit: { ID: parts.build.commit },
    InitCommit: { ID: parts.build.commit },
    SecurityOptions: [
      ...apparmor,
      `name=seccomp,profile=${seccompProfile(defaults)}`,
      ...(cgroupVersion === 2 ? ['name=cgroupns'] : []),
      ...(defaults.securityOptions.includes('no-new-privileges') ? ['name=no-new-privileges'] : []),
    ],
    ...(defaults.addressPools.length === 0
      ? {}
      : { DefaultAddressPools: defaults.addressPools.map(({ base, size }) => ({ Base: base, Size: size })) }),
    CDISpecDirs: null,
    Warnings: warnings(limits, await parts.networkWarnings()),
  };
}

function version(parts: SystemParts): VersionInfo {
  const { version: berth, commit, time } = parts.build;
  const arch = architectures().image;
  const kernel = parts.kernelRelease();
  return {
    Platform: { Name: 'Berth' },
    Components: [
      {
        Name: 'Engine',
        Version: berth,
        Details: {
          ApiVersion: parts.apiVersion,
          Arch: arch,
          BuildTime: time,
          Experimental: 'false',
          GitCommit: commit,
          // Docker's clients print this line for every engine; ours runs on Node.
          GoVersion: `node ${process.version}`,
          KernelVersion: kernel,
          MinAPIVersion: parts.minimumApiVersion,
          Os: 'linux',
        },
      },
      { Name: 'berth-runtime', Version: berth, Details: { GitCommit: commit } },
    ],
    Version: berth,
    ApiVersion: parts.apiVersion,
    MinAPIVersion: parts.minimumApiVersion,
    GitCommit: commit,
    GoVersion: `node ${process.version}`,
    Os: 'linux',
    Arch: arch,
    KernelVersion: kernel,
    BuildTime: time,
  };
}

async function diskUsage(parts: SystemParts, types: readonly DiskUsageType[]): Promise<DiskUsage> {
  const wants = (type: DiskUsageType) => types.length === 0 || types.includes(type);
  const [LayersSize, Images, Containers, Volumes] = await Promise.all([
    wants('image') ? parts.layersSize() : 0,
    wants('image') ? parts.images.list({ all: true, sharedSize: true, countContainers: true }) : null,
    wants('container') ? parts.containers.list({ all: true, size: true }) : null,
    wants('volume') ? parts.volumes() : null,
  ]);
  return { LayersSize, Images, Containers, Volumes, BuildCache: wants('build-cache') ? [] : null };
}

/** Facts about the engine and its host in the API's shapes. */
export function createSystem(parts: SystemParts): System {
  return {
    info: () => info(parts),
    version: async () => version(parts),
    diskUsage: (types = []) => diskUsage(parts, types),
    storage: () => parts.storage(),
    check: async (options) => ({ Findings: await parts.check(options) }),
  };
}
