import { BerthError } from '#base/errors.ts';
import type { HostConfig } from '#spec/docker-api/containers.ts';

/** The container a `container:X` mode names; undefined for any other mode. */
export function joinedContainer(mode: string): string | undefined {
  return mode.startsWith('container:') ? mode.slice('container:'.length) : undefined;
}

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'container.invalid', message);
}

function isJoin(mode: string): boolean {
  return (joinedContainer(mode) ?? '') !== '';
}

/**
 * Checks the namespace modes and which of them exclude other options.
 *
 * @param hostname as the client sent it, empty when it sent none
 * @param exposesPorts whether the client or the image exposes ports
 * @throws invalid with Docker's words; not-found for a network that does not exist
 */
export function checkNamespaceModes(host: HostConfig, hostname: string, exposesPorts: boolean): void {
  const oneOf = (mode: string, ...known: string[]) => known.includes(mode);
  if (!oneOf(host.IpcMode, 'none', 'private', 'shareable', 'host') && !isJoin(host.IpcMode)) {
    throw invalid(`invalid IPC mode: ${host.IpcMode}`);
  }
  if (!oneOf(host.PidMode, '', 'host') && !isJoin(host.PidMode)) throw invalid(`invalid PID mode: ${host.PidMode}`);
  if (!oneOf(host.UTSMode, '', 'host')) throw invalid(`invalid UTS mode: ${host.UTSMode}`);
  if (!oneOf(host.UsernsMode, '', 'host')) {
    throw invalid(`invalid USER mode: ${host.UsernsMode} (a user namespace per container is not supported yet)`);
  }
  if (!oneOf(host.CgroupnsMode, 'private', 'host')) {
    throw invalid(`invalid cgroup namespace mode: ${host.CgroupnsMode}`);
  }
  if (host.UTSMode === 'host' && hostname !== '') throw invalid('conflicting options: hostname and the UTS mode');
  checkNetworkMode(host, hostname, exposesPorts);
}

function checkNetworkMode(host: HostConfig, hostname: string, exposesPorts: boolean): void {
  const mode = host.NetworkMode;
  const links = (host.Links ?? []).length > 0;
  const publishes = publishesPorts(host);
  const joined = joinedContainer(mode);
  if (joined !== undefined) {
    if (joined === '') throw invalid('invalid container format container:<name|id>');
    if (hostname !== '') throw invalid('conflicting options: hostname and the network mode');
    if (links) {
      throw invalid(
        "conflicting options: container type network can't be used with links. This would result in undefined behavior",
      );
    }
    if (host.Dns.length > 0) throw invalid('conflicting options: dns and the network mode');
    if ((host.ExtraHosts ?? []).length > 0) {
      throw invalid('conflicting options: custom host-to-IP mapping and the network mode');
    }
    if (publishes) throw invalid('conflicting options: port publishing and the container type network mode');
    if (exposesPorts) throw invalid('conflicting options: port exposing and the container type network mode');
    return;
  }
  if (mode === 'host' && links) {
    throw invalid(
      "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
    );
  }
}

/** True when any port of the container is to be reached from outside. */
export function publishesPorts(host: HostConfig): boolean {
  return host.PublishAllPorts || Object.keys(host.PortBindings).length > 0;
}

/** True when the container has a network namespace of its own. */
export function hasOwnNetwork(host: HostConfig): boolean {
  return host.NetworkMode !== 'host' && joinedContainer(host.NetworkMode) === undefined;
}

const IPC_SYSCTLS = /^(kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|fs\.mqueue\..+)$/;

/**
 * Only kernel settings that belong to a namespace of the container's own may be set.
 *
 * @throws invalid
 */
export function checkSysctls(host: HostConfig): void {
  for (const name of Object.keys(host.Sysctls ?? {})) {
    const key = name.includes('/') ? name.replaceAll('/', '.') : name;
    if (IPC_SYSCTLS.test(key)) {
      if (host.IpcMode === 'host') throw invalid(`sysctl "${name}" is not allowed in the hosts ipc namespace`);
    } else if (key.startsWith('net.')) {
      if (host.NetworkMode === 'host') throw invalid(`sysctl "${name}" not allowed in host network namespace`);
    } else if (key === 'kernel.domainname' || key === 'kernel.hostname') {
      throw invalid(`sysctl "${name}" is set by --hostname and --domainname`);
    } else {
      throw invalid(`sysctl "${name}" is not in a separate kernel namespace`);
    }
  }
}
