import { BerthError } from '#base/errors.ts';
import type { Linux, OciConfig } from '#spec/oci-runtime/config.ts';
import type { HostFacts } from './launch-options.ts';
import { hasNamespace, type NamespaceSet } from './namespaces.ts';

function refuse(path: string, problem: string, hint?: string): BerthError {
  const message = `config.json: ${path}: ${problem}`;
  return new BerthError('invalid', 'oci-config.invalid', message, hint === undefined ? {} : { hint });
}

function unsupported(path: string, problem: string): BerthError {
  return new BerthError('unsupported', 'oci-config.unsupported', `config.json: ${path}: ${problem}`);
}

/**
 * Rules between parts of a configuration, and what Berth does not do.
 *
 * @throws BerthError `invalid` or `unsupported`, naming the JSON path
 */
export function checkConfig(config: OciConfig, namespaces: NamespaceSet, facts: HostFacts): void {
  const linux = config.linux ?? {};
  checkUnsupported(linux);
  checkUser(linux, namespaces);
  if (config.hostname && !hasNamespace(namespaces, 'uts')) {
    throw refuse('hostname', "can not be set in the host's UTS namespace", 'add a uts namespace to linux.namespaces');
  }
  if (config.domainname && !hasNamespace(namespaces, 'uts')) {
    throw refuse('domainname', "can not be set in the host's UTS namespace", 'add a uts namespace to linux.namespaces');
  }
  if (Object.keys(linux.netDevices ?? {}).length > 0 && !hasNamespace(namespaces, 'network')) {
    throw refuse('linux.netDevices', 'devices cannot move without a network namespace of the container');
  }
  if (Object.hasOwn(config.annotations ?? {}, '')) throw refuse('annotations', 'keys must not be empty');
  if (linux.seccomp?.listenerMetadata && !linux.seccomp.listenerPath) {
    throw refuse('linux.seccomp.listenerMetadata', 'is only for a listenerPath');
  }
  const offsets = linux.timeOffsets;
  if (offsets !== undefined && Object.keys(offsets).length > 0 && !namespaces.fresh.has('time')) {
    throw refuse('linux.timeOffsets', 'needs a new time namespace');
  }
  if (!hasNamespace(namespaces, 'mount')) checkWithoutMountNamespace(linux);
  if (linux.mountLabel && !facts.selinux) {
    throw unsupported('linux.mountLabel', 'can not be applied: this kernel has no SELinux');
  }
}

function checkUnsupported(linux: Linux): void {
  if (linux.intelRdt !== undefined) throw unsupported('linux.intelRdt', 'Intel RDT is not supported');
  if ((linux.personality?.flags ?? []).length > 0) {
    throw unsupported('linux.personality.flags', 'the specification defines no flags');
  }
}

function checkUser(linux: Linux, namespaces: NamespaceSet): void {
  const mapped = (linux.uidMappings?.length ?? 0) + (linux.gidMappings?.length ?? 0) > 0;
  if (namespaces.fresh.has('user')) {
    if (!linux.uidMappings?.length) throw refuse('linux.uidMappings', 'is required with a new user namespace');
    if (!linux.gidMappings?.length) throw refuse('linux.gidMappings', 'is required with a new user namespace');
  } else if (mapped && !namespaces.joined.has('user')) {
    throw refuse('linux.uidMappings', 'needs a user namespace in linux.namespaces');
  }
}

function checkWithoutMountNamespace(linux: Linux): void {
  if ((linux.maskedPaths?.length ?? 0) > 0) throw refuse('linux.maskedPaths', 'needs a mount namespace');
  if ((linux.readonlyPaths?.length ?? 0) > 0) throw refuse('linux.readonlyPaths', 'needs a mount namespace');
}
