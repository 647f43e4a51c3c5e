/** Reads what clients of older versions of the API ask for the way those versions meant it. */
import { BerthError } from '#base/errors.ts';
import type { ContainerCreateRequest, ContainerUpdateRequest, HostConfig, Loose } from '#spec/docker-api/containers.ts';
import { isBefore } from './older-shapes.ts';

type Host = { -readonly [K in keyof Loose<HostConfig>]: Loose<HostConfig>[K] };
type Mounts = NonNullable<HostConfig['Mounts']>;

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'api.version', message);
}

/** What a version does not know yet is refused where a client would rely on it. */
function refuseNewerMounts(version: string, mounts: Mounts): void {
  for (const mount of mounts) {
    if (isBefore(version, '1.44') && mount.Type === 'bind' && mount.BindOptions?.ReadOnlyForceRecursive)
      throw invalid('BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer');
    if (isBefore(version, '1.45') && mount.VolumeOptions?.Subpath)
      throw invalid('VolumeOptions.Subpath needs API v1.45 or newer');
    if (isBefore(version, '1.48') && mount.Type === 'image')
      throw invalid('Mount type "Image" needs API v1.48 or newer');
  }
}

/** Options of another type of mount were ignored until 1.41; what was added since is ignored, too. */
function olderMounts(version: string, mounts: Mounts): Mounts {
  return mounts.map((mount) => {
    const { BindOptions: bind, VolumeOptions: volume, TmpfsOptions: tmpfs, ...rest } = mount;
    const nonRecursive = isBefore(version, '1.40') ? { NonRecursive: false } : {};
    return {
      ...rest,
      ...(bind && { BindOptions: { ...bind, CreateMountpoint: false, ...nonRecursive } }),
      ...(volume && mount.Type === 'volume' && { VolumeOptions: volume }),
      ...(tmpfs && mount.Type === 'tmpfs' && { TmpfsOptions: tmpfs }),
    };
  });
}

function olderHost(version: string, given: Loose<HostConfig>): Host {
  const host: Host = { ...given };
  if (isBefore(version, '1.25')) host.AutoRemove = false;
  if (isBefore(version, '1.40')) {
    delete host.KernelMemoryTCP;
    if (!host.IpcMode) host.IpcMode = 'shareable';
  }
  if (isBefore(version, '1.42')) {
    host.ConsoleSize = [0, 0];
    if (host.Mounts) host.Mounts = olderMounts(version, host.Mounts);
  } else delete host.KernelMemory;
  if (isBefore(version, '1.43')) delete host.Annotations;
  return host;
}

/** The address that a container has as a whole was the only one until 1.43; a network's own came with 1.44, its priority with 1.48. */
function olderEndpoints(version: string, request: ContainerCreateRequest): ContainerCreateRequest['NetworkingConfig'] {
  const given = request.NetworkingConfig?.EndpointsConfig;
  if (!given) return request.NetworkingConfig;
  const names = Object.keys(given);
  if (isBefore(version, '1.44') && names.length > 1)
    throw invalid(`Container cannot be created with multiple network endpoints: ${names.join(', ')}`);
  const withoutMac = isBefore(version, '1.44') ? { MacAddress: '' } : {};
  const endpoints = Object.entries(given).map(
    ([name, endpoint]) => [name, endpoint && { ...endpoint, GwPriority: 0, ...withoutMac }] as const,
  );
  return { EndpointsConfig: Object.fromEntries(endpoints) };
}

/**
 * @param version what the client speaks
 * @returns the request as that version meant it
 * @throws invalid for what only newer versions can do
 */
export function createRequestFor(version: string, request: ContainerCreateRequest): ContainerCreateRequest {
  if (!isBefore(version, '1.48')) return request;
  refuseNewerMounts(version, request.HostConfig?.Mounts ?? []);
  const { Healthcheck: health } = request;
  return {
    ...request,
    HostConfig: olderHost(version, request.HostConfig ?? {}),
    NetworkingConfig: olderEndpoints(version, request) ?? null,
    ...(health && isBefore(version, '1.44') && { Healthcheck: { ...health, StartInterval: 0 } }),
  };
}

/** What newer clients are told about fields that they should not use any more. */
export function createWarnings(version: string, request: ContainerCreateRequest): string[] {
  const warnings: string[] = [];
  const volumes = (request.HostConfig?.Mounts ?? []).filter(({ Type }) => Type === 'volume');
  if (!isBefore(version, '1.48') && request.HostConfig?.VolumeDriver && volumes.some(isDriverless))
    warnings.push(
      "WARNING: the container-wide volume-driver configuration is ignored for volumes specified via 'mount'. Use '--mount type=volume,volume-driver=...' instead",
    );
  if (!isBefore(version, '1.44') && request.MacAddress)
    warnings.push(
      'The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead.',
    );
  return warnings;
}

function isDriverless(mount: Mounts[number]): boolean {
  return !mount.VolumeOptions?.DriverConfig?.Name;
}

/** A limit of processes could be changed since 1.40, one of the kernel's memory until 1.41. */
export function updateRequestFor(version: string, request: ContainerUpdateRequest): ContainerUpdateRequest {
  const { PidsLimit, KernelMemory, ...rest } = request;
  return {
    ...rest,
    ...(PidsLimit !== undefined && !isBefore(version, '1.40') && { PidsLimit }),
    ...(KernelMemory !== undefined && isBefore(version, '1.42') && { KernelMemory }),
  };
}
