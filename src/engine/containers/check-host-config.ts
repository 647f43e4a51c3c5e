import { isIP } from 'node:net';
import { BerthError } from '#base/errors.ts';
import type { HostConfig, RestartPolicy } from '#spec/docker-api/containers.ts';
import { checkLogConfig } from '../log-drivers/check-log-config.ts';
import { normalizeCapabilities } from './capabilities.ts';
import { checkDestination } from './mount-spec.ts';
import { checkNamespaceModes, checkSysctls } from './namespace-mode.ts';
import { parseSecurityOptions } from './security-opt.ts';

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'container.invalid', message);
}

function unsupported(code: string, message: string): BerthError {
  return new BerthError('unsupported', code, message);
}

export interface HostConfigContext {
  /** As sent by the client, empty when it sent none. */
  readonly hostname: string;
  readonly exposesPorts: boolean;
  readonly apparmorEnabled: boolean;
}

/**
 * Checks a complete host configuration apart from its resources and mounts.
 *
 * @returns warnings to show
 * @throws invalid, not-found or unsupported, in Docker's words where it has them
 */
export function checkHostConfig(host: HostConfig, context: HostConfigContext): string[] {
  const warnings: string[] = [];
  if (host.AutoRemove && host.RestartPolicy.Name !== 'no') {
    throw invalid("can't create 'AutoRemove' container with restart policy");
  }
  for (const entry of host.ExtraHosts ?? []) checkExtraHost(entry);
  for (const address of host.Dns) {
    if (isIP(address) === 0) throw invalid(`invalid IP address: ${address}`);
  }
  checkRestartPolicy(host.RestartPolicy);
  normalizeCapabilities(host.CapAdd, 'CapAdd');
  normalizeCapabilities(host.CapDrop, 'CapDrop');
  if (host.Isolation !== '' && host.Isolation !== 'default') {
    throw invalid(`invalid isolation '${host.Isolation}' on linux`);
  }
  if (Object.keys(host.Annotations ?? {}).includes('')) {
    throw invalid('invalid Annotations: the empty string is not permitted as an annotation key');
  }
  checkNamespaceModes(host, context.hostname, context.exposesPorts);
  if (host.NetworkMode === 'host' && Object.keys(host.PortBindings).length > 0) {
    warnings.push('Published ports are discarded when using host network mode');
  }
  if (host.ShmSize < 0) throw invalid('SHM size can not be less than 0');
  if (host.OomScoreAdj < -1000 || host.OomScoreAdj > 1000) {
    throw invalid(`Invalid value ${host.OomScoreAdj}, range for oom score adj is [-1000, 1000]`);
  }
  for (const destination of Object.keys(host.Tmpfs ?? {})) checkDestination(destination);
  checkSysctls(host);
  checkLogConfig(host.LogConfig);
  checkUlimits(host);
  checkDevices(host);
  refuseForeignFeatures(host);
  warnings.push(...checkSecurity(host, context));
  return warnings;
}

function checkExtraHost(entry: string): void {
  const separator = entry.includes('=') ? entry.indexOf('=') : entry.indexOf(':');
  const name = entry.slice(0, Math.max(separator, 0));
  const address = entry.slice(separator + 1).replace(/^\[(.*)\]$/, '$1');
  if (separator < 0 || name === '') throw invalid(`bad format for add-host: "${entry}"`);
  if (address !== 'host-gateway' && isIP(address) === 0) {
    throw invalid(`invalid IP address in add-host: "${address}"`);
  }
}

/** @throws invalid with Docker's words */
export function checkRestartPolicy(policy: RestartPolicy): void {
  const count = policy.MaximumRetryCount ?? 0;
  switch (policy.Name) {
    case '':
      return;
    case 'no':
    case 'always':
    case 'unless-stopped':
      if (count !== 0) {
        const negative = count < 0 ? ' and cannot be negative' : '';
        throw invalid(`invalid restart policy: maximum retry count can only be used with 'on-failure'${negative}`);
      }
      return;
    case 'on-failure':
      if (count < 0) throw invalid('invalid restart policy: maximum retry count cannot be negative');
      return;
    default:
      throw invalid(
        `invalid restart policy: unknown policy '${policy.Name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
      );
  }
}

const ULIMITS = [
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
];

function checkUlimits(host: HostConfig): void {
  for (const limit of host.Ulimits ?? []) {
    if (!ULIMITS.includes(limit.Name)) throw invalid(`invalid ulimit type: ${limit.Name}`);
    if (limit.Hard !== -1 && (limit.Soft > limit.Hard || limit.Soft === -1)) {
      throw invalid(`ulimit soft limit must be less than or equal to hard limit: ${limit.Soft} > ${limit.Hard}`);
    }
  }
}

function checkDevices(host: HostConfig): void {
  for (const device of host.Devices ?? []) {
    if (!/^[rwm]{0,3}$/.test(device.CgroupPermissions)) {
      throw invalid(`invalid device mode: ${device.CgroupPermissions}`);
    }
  }
  for (const rule of host.DeviceCgroupRules ?? []) {
    if (!/^[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$/.test(rule)) {
      throw invalid(`invalid device cgroup rule format: '${rule}'`);
    }
  }
  const [request] = host.DeviceRequests ?? [];
  if (request !== undefined) {
    const capabilities = (request.Capabilities ?? []).map((set) => `[${set.join(' ')}]`).join(' ');
    throw invalid(`could not select device driver "${request.Driver ?? ''}" with capabilities: [${capabilities}]`);
  }
}

/** Whatever Berth does not do (yet) is refused by its name, never ignored. */
function refuseForeignFeatures(host: HostConfig): void {
  const [storageOption] = Object.keys(host.StorageOpt ?? {});
  if (storageOption !== undefined) {
    throw unsupported('container.storage-opt', `storage option "${storageOption}" is not supported`);
  }
  if (host.VolumeDriver !== '' && host.VolumeDriver !== 'local') {
    const name = host.VolumeDriver;
    throw new BerthError(
      'not-found',
      'volume.driver',
      `error looking up volume plugin ${name}: plugin "${name}" not found`,
    );
  }
  if (host.Cgroup !== '') throw unsupported('container.cgroup', `cgroup "${host.Cgroup}" is not supported`);
}

function checkSecurity(host: HostConfig, context: HostConfigContext): string[] {
  const options = parseSecurityOptions(host.SecurityOpt);
  const warnings: string[] = [];
  if (options.labels.some((label) => label !== 'disable')) {
    warnings.push('SELinux is not enabled on this host. Security labels discarded.');
  }
  if (options.apparmor !== undefined && options.apparmor !== 'unconfined' && !context.apparmorEnabled) {
    throw invalid(`apparmor profile "${options.apparmor}" cannot be applied: AppArmor is not enabled on this host`);
  }
  if (options.writableCgroups) {
    throw unsupported('security-opt.writable-cgroups', 'security option writable-cgroups is not supported');
  }
  return warnings;
}
