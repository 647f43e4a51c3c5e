import { arch } from 'node:os';
import { CAPABILITIES } from '#spec/capabilities.ts';
import type { HostConfig } from '#spec/docker-api/containers.ts';
import type { LinuxSeccomp } from '#spec/oci-runtime/config.ts';
import { dockerDefaultSeccomp, loadDockerProfile } from '#spec/seccomp-profile.ts';
import { kernelVersion } from '#sys/proc-host.ts';
import { compileSeccomp, type SeccompFilter } from '#sys/seccomp/compile.ts';
import { namedFilter } from '#sys/seccomp/named-filter.ts';
import { effectiveCapabilities } from './capabilities.ts';
import { hostFacts } from './host-facts.ts';
import { parseSecurityOptions } from './security-opt.ts';

/** The bounding set of a container on this machine. */
export function capabilitiesOf(host: HostConfig): string[] {
  const { CapAdd, CapDrop, Privileged } = host;
  const available = hostFacts().capabilities;
  return effectiveCapabilities({ add: CapAdd, drop: CapDrop, privileged: Privileged, available });
}

/** What the profiles' conditions are decided by. */
function targetOf(host: HostConfig) {
  return {
    caps: capabilitiesOf(host),
    arch: arch() === 'x64' ? 'amd64' : arch(),
    kernelVersion: kernelVersion(),
  };
}

/** `unconfined`, a profile as text, or undefined for the default one. */
function choiceOf(host: HostConfig): string | undefined {
  const { seccomp } = parseSecurityOptions(host.SecurityOpt);
  return host.Privileged && seccomp === undefined ? 'unconfined' : seccomp;
}

/** The system call filter of a container as config.json holds it; undefined when it runs without one. */
export function seccompOf(host: HostConfig): LinuxSeccomp | undefined {
  const choice = choiceOf(host);
  if (choice === 'unconfined') return undefined;
  return choice === undefined ? dockerDefaultSeccomp(targetOf(host)) : loadDockerProfile(choice, targetOf(host));
}

/** The compiled system call filter of a container; undefined when it runs without one. */
export async function seccompFilterOf(host: HostConfig, cacheDir: string): Promise<SeccompFilter | undefined> {
  const choice = choiceOf(host);
  if (choice === 'unconfined') return undefined;
  const target = targetOf(host);
  if (choice !== undefined) return compileSeccomp(loadDockerProfile(choice, target), cacheDir);
  const mask = target.caps.reduce((bits, name) => bits | (1n << BigInt(CAPABILITIES.indexOf(name))), 0n);
  const { major, minor } = target.kernelVersion;
  const name = `docker-default-${mask.toString(16)}-${major}.${minor}`;
  return namedFilter(name, () => dockerDefaultSeccomp(target), cacheDir);
}
