/** Turns the flags and arguments of `run` and `create` into the body of `POST /containers/create`. */

import { cut } from '#base/cut.ts';
import { messageOf } from '#base/errors.ts';
import type { ContainerConfig, ContainerCreateRequest, HostConfig, Loose, Mount } from '#spec/docker-api/containers.ts';
import type { ParsedFlags } from '../parsed-flags.ts';
import {
  parseByteRate,
  parseDeviceFlags,
  parseDeviceWeight,
  parseGpuFlag,
  parseOperationRate,
} from './device-flags.ts';
import { healthOf } from './health-flags.ts';
import { isHardwareAddress } from './ip-address.ts';
import { readEnvironmentFiles, readLabelFiles } from './key-value-files.ts';
import { parseMountFlag } from './mount-flag.ts';
import { networkOf, parseNetworkFlag } from './network-flags.ts';
import { parsePortFlags } from './port-flags.ts';
import { parseRestartPolicy } from './restart-policy.ts';
import type { RunHost } from './run-host.ts';
import { parseSecurityFlag } from './security-flag.ts';
import * as rule from './value-rules.ts';
import { parseVolumeFlags } from './volume-flag.ts';

const orNull = <T>(list: readonly T[]): readonly T[] | null => (list.length > 0 ? list : null);

function toMap(entries: readonly string[]): Record<string, string> {
  const map: Record<string, string> = {};
  for (const entry of entries) {
    const [key, value = ''] = cut(entry, '=');
    map[key] = value;
  }
  return map;
}

/** The last value of each name, where the name first stood. */
function lastOfEachName(entries: readonly string[]): readonly string[] {
  return [...new Map(entries.map((entry) => [cut(entry, '=')[0], entry])).values()];
}

/** Reads every value of a flag; a bad one is complained about as the parser of flags does. */
function each<T>(flags: ParsedFlags, name: string, read: (value: string) => T): readonly T[] {
  return flags.list(name).map((value) => {
    try {
      return read(value);
    } catch (error) {
      throw flags.invalid(name, value, messageOf(error));
    }
  });
}

/** All values that are wrong by themselves, whatever the others say. */
function readValues(flags: ParsedFlags, host: RunHost) {
  return {
    attach: each(flags, 'attach', rule.attachStream),
    environment: each(flags, 'env', (value) => rule.environmentEntry(value, host.env)),
    labels: each(flags, 'label', rule.label),
    cgroupRules: each(flags, 'device-cgroup-rule', rule.deviceCgroupRule),
    extraHosts: each(flags, 'add-host', rule.extraHost),
    dns: each(flags, 'dns', rule.ipAddress),
    dnsSearch: each(flags, 'dns-search', rule.searchDomain),
    links: each(flags, 'link', rule.link),
    sysctls: each(flags, 'sysctl', rule.sysctl),
    ulimits: each(flags, 'ulimit', rule.ulimit),
    mounts: each(flags, 'mount', (value) => parseMountFlag(value, host)),
    networks: each(flags, 'network', parseNetworkFlag),
    gpus: each(flags, 'gpus', parseGpuFlag),
    weights: each(flags, 'blkio-weight-device', parseDeviceWeight),
    readBps: each(flags, 'device-read-bps', parseByteRate),
    writeBps: each(flags, 'device-write-bps', parseByteRate),
    readIops: each(flags, 'device-read-iops', parseOperationRate),
    writeIops: each(flags, 'device-write-iops', parseOperationRate),
  };
}

type Values = ReturnType<typeof readValues>;

/** `NET_ADMIN` and `cap_net_admin` are sent as `CAP_NET_ADMIN`, sorted, each once. */
function capabilities(names: readonly string[]): readonly string[] | null {
  const upper = names.map((name) => name.toUpperCase());
  const full = upper.map((name) => (name === 'ALL' || name.startsWith('CAP_') ? name : `CAP_${name}`));
  return orNull([...new Set(full)].sort());
}

function namespaceModes(flags: ParsedFlags) {
  const [pid, uts, userns, cgroupns] = [
    flags.text('pid'),
    flags.text('uts'),
    flags.text('userns'),
    flags.text('cgroupns'),
  ];
  if (pid !== '' && pid !== 'host' && !/^container:./s.test(pid)) throw new Error('--pid: invalid PID mode');
  if (uts !== '' && uts !== 'host') throw new Error('--uts: invalid UTS mode');
  if (userns !== '' && userns !== 'host') throw new Error('--userns: invalid USER mode');
  if (!['', 'host', 'private'].includes(cgroupns)) throw new Error('--cgroupns: invalid CGROUP mode');
  return { PidMode: pid, UTSMode: uts, UsernsMode: userns, CgroupnsMode: cgroupns, IpcMode: flags.text('ipc') };
}

function logConfig(flags: ParsedFlags) {
  const options = flags.list('log-opt');
  const driver = flags.text('log-driver');
  if (driver === 'none' && options.length > 0) throw new Error('invalid logging opts for driver none');
  return { Type: driver, Config: toMap(options) };
}

function storageOptions(values: readonly string[]): Record<string, string> {
  if (values.some((value) => !value.includes('='))) throw new Error('invalid storage option');
  return toMap(values);
}

/** Present only when it has entries, as Go leaves an empty map out. */
function ifAny<K extends string>(name: K, map: Record<string, string>): { readonly [P in K]?: Record<string, string> } {
  return (Object.keys(map).length > 0 ? { [name]: map } : {}) as { readonly [P in K]?: Record<string, string> };
}

function resources(flags: ParsedFlags, values: Values): Loose<HostConfig> {
  const { devices, cdiNames } = parseDeviceFlags(flags.list('device'));
  const cdi = { Driver: 'cdi', Count: 0, DeviceIDs: cdiNames, Capabilities: null, Options: null };
  const ulimits = new Map(values.ulimits.map((limit) => [limit.Name, limit]));
  const sorted = [...ulimits.values()].sort((a, b) => (a.Name < b.Name ? -1 : 1));
  return {
    CpuShares: flags.number('cpu-shares'),
    Memory: flags.number('memory'),
    NanoCpus: flags.number('cpus'),
    CgroupParent: flags.text('cgroup-parent'),
    BlkioWeight: flags.number('blkio-weight'),
    BlkioWeightDevice: values.weights,
    BlkioDeviceReadBps: values.readBps,
    BlkioDeviceWriteBps: values.writeBps,
    BlkioDeviceReadIOps: values.readIops,
    BlkioDeviceWriteIOps: values.writeIops,
    CpuPeriod: flags.number('cpu-period'),
    CpuQuota: flags.number('cpu-quota'),
    CpuRealtimePeriod: flags.number('cpu-rt-period'),
    CpuRealtimeRuntime: flags.number('cpu-rt-runtime'),
    CpusetCpus: flags.text('cpuset-cpus'),
    CpusetMems: flags.text('cpuset-mems'),
    Devices: devices,
    DeviceCgroupRules: orNull(values.cgroupRules),
    DeviceRequests: orNull([...values.gpus, ...(cdiNames.length > 0 ? [cdi] : [])]),
    MemoryReservation: flags.number('memory-reservation'),
    MemorySwap: flags.number('memory-swap'),
    MemorySwappiness: flags.number('memory-swappiness'),
    OomKillDisable: flags.bool('oom-kill-disable'),
    PidsLimit: flags.number('pids-limit'),
    Ulimits: sorted,
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
  };
}

function ifMounts(mounts: readonly Mount[]): { readonly Mounts?: readonly Mount[] } {
  return mounts.length > 0 ? { Mounts: mounts } : {};
}

interface Placed {
  readonly binds: readonly string[];
  readonly portBindings: HostConfig['PortBindings'];
  readonly networkMode: string;
}

function tmpfs(flags: ParsedFlags): Record<string, string> {
  const map: Record<string, string> = {};
  for (const value of flags.list('tmpfs')) {
    const [path, options = ''] = cut(value, ':');
    map[path] = options;
  }
  return map;
}

function hostConfig(flags: ParsedFlags, values: Values, host: RunHost, placed: Placed): Loose<HostConfig> {
  const limits = resources(flags, values);
  const modes = namespaceModes(flags);
  const restart = parseRestartPolicy(flags.text('restart'));
  const log = logConfig(flags);
  const security = parseSecurityFlag(flags.list('security-opt'), host.cwd);
  const storage = storageOptions(flags.list('storage-opt'));
  const runtime = flags.text('runtime');
  return {
    ...limits,
    ...modes,
    Binds: orNull(placed.binds),
    ContainerIDFile: flags.text('cidfile'),
    LogConfig: log,
    NetworkMode: placed.networkMode,
    PortBindings: placed.portBindings,
    RestartPolicy: restart,
    AutoRemove: flags.bool('rm'),
    VolumeDriver: flags.text('volume-driver'),
    VolumesFrom: orNull(flags.list('volumes-from')),
    ConsoleSize: [0, 0],
    ...ifAny('Annotations', toMap(flags.list('annotation'))),
    CapAdd: capabilities(flags.list('cap-add')),
    CapDrop: capabilities(flags.list('cap-drop')),
    Dns: values.dns,
    DnsOptions: flags.list('dns-option'),
    DnsSearch: values.dnsSearch,
    ExtraHosts: orNull(values.extraHosts),
    GroupAdd: orNull(flags.list('group-add')),
    Cgroup: '',
    Links: orNull(values.links),
    OomScoreAdj: flags.number('oom-score-adj'),
    Privileged: flags.bool('privileged'),
    PublishAllPorts: flags.bool('publish-all'),
    ReadonlyRootfs: flags.bool('read-only'),
    SecurityOpt: security.options,
    ...ifAny('StorageOpt', storage),
    ...ifAny('Tmpfs', tmpfs(flags)),
    ShmSize: flags.number('shm-size'),
    ...ifAny('Sysctls', toMap(values.sysctls)),
    ...(runtime !== '' && { Runtime: runtime }),
    Isolation: flags.text('isolation'),
    ...ifMounts(values.mounts),
    MaskedPaths: security.openSystemPaths ? [] : null,
    ReadonlyPaths: security.openSystemPaths ? [] : null,
    ...(flags.changed('init') && { Init: flags.bool('init') }),
  };
}

function attachedStreams(flags: ParsedFlags, values: Values) {
  const isInteractive = flags.bool('interactive');
  const none = values.attach.length === 0;
  const stdin = isInteractive || values.attach.includes('stdin');
  return {
    AttachStdin: stdin,
    AttachStdout: none || values.attach.includes('stdout'),
    AttachStderr: none || values.attach.includes('stderr'),
    OpenStdin: isInteractive,
    StdinOnce: isInteractive && stdin,
  };
}

interface Contents {
  readonly exposed: NonNullable<ContainerConfig['ExposedPorts']>;
  readonly volumes: readonly string[];
  readonly environment: readonly string[];
  readonly labels: readonly string[];
  readonly health: ContainerConfig['Healthcheck'];
}

function config(
  flags: ParsedFlags,
  args: readonly string[],
  values: Values,
  { exposed, volumes, environment, labels, health }: Contents,
): Loose<ContainerConfig> {
  const [image = '', ...command] = args;
  const stopSignal = flags.text('stop-signal');
  return {
    Hostname: flags.text('hostname'),
    Domainname: flags.text('domainname'),
    User: flags.text('user'),
    ...attachedStreams(flags, values),
    ...(Object.keys(exposed).length > 0 && { ExposedPorts: exposed }),
    Tty: flags.bool('tty'),
    Env: orNull(environment),
    Cmd: orNull(command),
    ...(health !== undefined && { Healthcheck: health }),
    Image: image,
    Volumes: Object.fromEntries(volumes.map((path) => [path, {}])),
    WorkingDir: flags.text('workdir'),
    // An empty value resets the image's.
    Entrypoint: flags.changed('entrypoint') ? [flags.text('entrypoint')] : null,
    OnBuild: null,
    Labels: toMap(labels),
    ...(stopSignal !== '' && { StopSignal: stopSignal }),
    ...(flags.changed('stop-timeout') && { StopTimeout: flags.number('stop-timeout') }),
  };
}

/**
 * The request for a container as the flags and arguments ask for it.
 *
 * @param args the image and, after it, the command
 * @throws FlagError for a value that a flag does not take, Error for options that do not go together; in docker's words
 */
export function createRequestOf(flags: ParsedFlags, args: readonly string[], host: RunHost): ContainerCreateRequest {
  const values = readValues(flags, host);
  const mac = flags.text('mac-address');
  if (mac !== '' && !isHardwareAddress(mac)) throw new Error(`${mac} is not a valid mac address`);
  const swappiness = flags.number('memory-swappiness');
  if (swappiness < -1 || swappiness > 100)
    throw new Error(`invalid value: ${swappiness}. Valid memory swappiness range is 0-100`);
  if (flags.number('kernel-memory') !== 0)
    host.warn('--kernel-memory has no effect: the kernel has no such limit of its own any more, use --memory');
  const { binds, volumes } = parseVolumeFlags(flags.list('volume'), host.cwd);
  const { exposed, bindings } = parsePortFlags(flags.list('publish'), flags.list('expose'));
  const environment = [...readEnvironmentFiles(flags.list('env-file'), host), ...lastOfEachName(values.environment)];
  const labels = [...readLabelFiles(flags.list('label-file'), host), ...values.labels];
  const health = healthOf(flags);
  const { mode, endpoints } = networkOf(values.networks, flags);
  const onHost = hostConfig(flags, values, host, { binds, portBindings: bindings, networkMode: mode });
  if (flags.bool('rm') && !['', 'no'].includes(onHost.RestartPolicy?.Name ?? ''))
    throw new Error('conflicting options: cannot specify both --restart and --rm');
  return {
    ...config(flags, args, values, { exposed, volumes, environment, labels, health }),
    HostConfig: onHost,
    NetworkingConfig: { EndpointsConfig: endpoints },
  };
}
