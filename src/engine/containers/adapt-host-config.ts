import type { HostConfig, Loose } from '#spec/docker-api/containers.ts';
import { completeHostConfig } from './host-config.ts';
import { joinedContainer } from './namespace-mode.ts';

/**
 * What Docker's daemon makes of a host configuration before it is checked: defaults filled in and settings that follow from
 * others.
 */
export function adaptHostConfig(request: Loose<HostConfig>): HostConfig {
  const host = completeHostConfig(request);
  const sharesHost = host.IpcMode === 'host' || host.PidMode === 'host' || host.Privileged;
  const labelled = (host.SecurityOpt ?? []).some((option) => option.startsWith('label'));
  return {
    ...host,
    ...(host.PidsLimit !== null && host.PidsLimit <= 0 ? { PidsLimit: null } : {}),
    ...(host.MemorySwappiness === -1 ? { MemorySwappiness: null } : {}),
    // As in Docker, a memory limit alone allows as much swap again.
    ...(host.Memory > 0 && host.MemorySwap === 0 ? { MemorySwap: host.Memory * 2 } : {}),
    ...(host.Privileged ? { MaskedPaths: null, ReadonlyPaths: null } : {}),
    ...(sharesHost && !labelled ? { SecurityOpt: [...(host.SecurityOpt ?? []), 'label=disable'] } : {}),
  };
}

/**
 * Replaces names in `container:NAME` modes by ids, so that the sharing survives a rename.
 *
 * @param resolve the id of a name; throws when there is no such container
 */
export function pinJoinedContainers(host: HostConfig, resolve: (ref: string) => string): HostConfig {
  const pin = (mode: string) => {
    const joined = joinedContainer(mode);
    return joined === undefined || joined === '' ? mode : `container:${resolve(joined)}`;
  };
  return {
    ...host,
    PidMode: pin(host.PidMode),
    IpcMode: pin(host.IpcMode),
    NetworkMode: pin(host.NetworkMode),
  };
}
