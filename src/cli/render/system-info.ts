/** `info` for people: the lines of docker's client. */
import type { SystemInfo } from '#spec/docker-api/system.ts';
import { binarySize } from './human-size.ts';

type Line = string | undefined;

/** A labelled line; nothing when there is nothing to say. */
const unlessEmpty = (label: string, value: string | undefined): Line => (value ? `${label} ${value}` : undefined);
const words = (list: readonly string[] | null | undefined): string => (list ?? []).join(' ');
const block = (title: string, items: readonly string[] | null | undefined): Line[] =>
  items == null || items.length === 0 ? [] : [title, ...items.map((item) => `  ${item}`)];

function pluginLines({ Plugins }: SystemInfo): Line[] {
  return [
    ' Plugins:',
    `  Volume: ${words(Plugins?.Volume)}`,
    `  Network: ${words(Plugins?.Network)}`,
    unlessEmpty('  Authorization:', words(Plugins?.Authorization)),
    `  Log: ${words(Plugins?.Log)}`,
  ];
}

function countLines(info: SystemInfo): Line[] {
  return [
    ` Containers: ${info.Containers}`,
    `  Running: ${info.ContainersRunning}`,
    `  Paused: ${info.ContainersPaused}`,
    `  Stopped: ${info.ContainersStopped}`,
    ` Images: ${info.Images}`,
    unlessEmpty(' Server Version:', info.ServerVersion),
    unlessEmpty(' Storage Driver:', info.Driver),
    ...(info.DriverStatus ?? []).map(([name, value]) => `  ${name}: ${value}`),
    unlessEmpty(' Logging Driver:', info.LoggingDriver),
    unlessEmpty(' Cgroup Driver:', info.CgroupDriver),
    unlessEmpty(' Cgroup Version:', info.CgroupVersion),
  ];
}

/** `name=seccomp,profile=builtin` as a name and its profile. */
function securityLines(options: readonly string[] | null | undefined): Line[] {
  const lines = (options ?? []).flatMap((option) => {
    const pairs = option.split(',').map((pair) => pair.split('=', 2));
    const [, name = option] = pairs.find(([key]) => key === 'name') ?? [];
    return [`  ${name}`, ...pairs.filter(([key]) => key === 'profile').map(([, value]) => `   Profile: ${value}`)];
  });
  return lines.length === 0 ? [] : [' Security Options:', ...lines];
}

function runtimeLines(info: SystemInfo): Line[] {
  const names = Object.keys(info.Runtimes ?? {});
  const runtimes = names.length === 0 ? [] : [` Runtimes: ${words(names)}`, ` Default Runtime: ${info.DefaultRuntime}`];
  if (info.OSType !== 'linux') return runtimes;
  return [
    ...runtimes,
    ` Init Binary: ${info.InitBinary}`,
    ` containerd version: ${info.ContainerdCommit?.ID ?? ''}`,
    ` runc version: ${info.RuncCommit?.ID ?? ''}`,
    ` init version: ${info.InitCommit?.ID ?? ''}`,
    ...securityLines(info.SecurityOptions),
  ];
}

function hostLines(info: SystemInfo, debug: boolean): Line[] {
  return [
    unlessEmpty(' Kernel Version:', info.KernelVersion),
    unlessEmpty(' Operating System:', info.OperatingSystem),
    unlessEmpty(' OSType:', info.OSType),
    unlessEmpty(' Architecture:', info.Architecture),
    ` CPUs: ${info.NCPU}`,
    ` Total Memory: ${binarySize(info.MemTotal)}`,
    unlessEmpty(' Name:', info.Name),
    unlessEmpty(' ID:', info.ID),
    ` Docker Root Dir: ${info.DockerRootDir}`,
    ` Debug Mode: ${info.Debug}`,
    ...(info.Debug || debug
      ? [
          `  File Descriptors: ${info.NFd}`,
          `  Goroutines: ${info.NGoroutines}`,
          `  System Time: ${info.SystemTime}`,
          `  EventsListeners: ${info.NEventsListener}`,
        ]
      : []),
    unlessEmpty(' HTTP Proxy:', info.HttpProxy),
    unlessEmpty(' HTTPS Proxy:', info.HttpsProxy),
    unlessEmpty(' No Proxy:', info.NoProxy),
  ];
}

function registryLines({ RegistryConfig: registry }: SystemInfo): Line[] {
  if (registry == null) return [];
  const indexes = Object.values(registry.IndexConfigs ?? {});
  const cidrs = registry.InsecureRegistryCIDRs ?? [];
  const insecure = [...indexes.filter((index) => !index.Secure).map((index) => index.Name), ...cidrs];
  return [
    ...(indexes.length + cidrs.length > 0 ? [' Insecure Registries:', ...insecure.map((name) => `  ${name}`)] : []),
    ...block(' Registry Mirrors:', registry.Mirrors),
  ];
}

/** The part of `info` about the engine. @param debug true when the client itself debugs */
export function serverInfoText(info: SystemInfo, debug: boolean): string {
  const lines: Line[] = [
    ...countLines(info),
    ...pluginLines(info),
    ...block(' CDI spec directories:', info.CDISpecDirs),
    ` Swarm: ${info.Swarm?.LocalNodeState ?? ''}`,
    ...runtimeLines(info),
    ...hostLines(info, debug),
    ...block(' Labels:', info.Labels),
    ` Experimental: ${info.ExperimentalBuild}`,
    ...registryLines(info),
    ` Live Restore Enabled: ${info.LiveRestoreEnabled}`,
    '',
  ];
  return lines
    .filter((line) => line !== undefined)
    .map((line) => `${line}\n`)
    .join('');
}
