import { BerthError } from '#base/errors.ts';
import type { OciConfig } from '#spec/oci-runtime/config.ts';
import type { NamespaceKind } from '#sys/keeper/plan.ts';
import type { Draft } from './draft.ts';
import { hasNamespace, type NamespaceSet } from './namespaces.ts';

/** Parameters that belong to an IPC namespace (namespaces(7), proc_sys_kernel(5)). */
const IPC = new Set([
  'msgmax',
  'msgmnb',
  'msgmni',
  'sem',
  'shmall',
  'shmmax',
  'shmmni',
  'shm_rmid_forced',
  'msg_next_id',
  'sem_next_id',
  'shm_next_id',
]);

/** Parameters of one interface: it has to be there. */
const OF_INTERFACE = /^net\/\w+\/(conf|neigh)\/(?!(all|default|lo)\/)/;

/**
 * Kernel parameters. Written through the host's /proc, which nothing in the image can replace; the values land in the
 * namespaces of the writing process.
 *
 * @param which those of interfaces that the networks make, which come later, or all others
 * @throws BerthError `invalid` for a parameter that is not the container's own
 */
export function planSysctl(
  draft: Draft,
  config: OciConfig,
  namespaces: NamespaceSet,
  which: 'interfaces' | 'others' | 'all',
): void {
  for (const [name, value] of Object.entries(config.linux?.sysctl ?? {})) {
    const path = sysctlPath(name);
    if (which !== 'all' && OF_INTERFACE.test(path) !== (which === 'interfaces')) continue;
    refuseContradiction(name, value, path === 'kernel/hostname' ? config.hostname : undefined);
    refuseContradiction(name, value, path === 'kernel/domainname' ? config.domainname : undefined);
    requireNamespace(name, path, namespaces);
    draft.add({
      side: 'child',
      op: 'write',
      at: { path: `/proc/sys/${path}` },
      data: value,
      only: 'proc',
      about: name,
    });
  }
}

function refuseContradiction(name: string, value: string, other: string | undefined): void {
  if (other === undefined || other === '' || other === value) return;
  throw new BerthError(
    'invalid',
    'oci-config.invalid',
    `config.json: linux.sysctl: ${name} conflicts with ${name.slice('kernel.'.length)} ${JSON.stringify(other)}`,
  );
}

/** sysctl(8): when the first separator is a slash, slashes separate; otherwise dots do, and a slash stands for a dot. */
export function sysctlPath(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  const path = first === '/' ? name : name.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'));
  const parts = path.split('/');
  if (parts.length < 2 || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new BerthError(
      'invalid',
      'oci-config.invalid',
      `config.json: linux.sysctl: ${JSON.stringify(name)} is not the name of a kernel parameter`,
    );
  }
  return path;
}

function requireNamespace(name: string, path: string, namespaces: NamespaceSet): void {
  const kind = namespaceOfParameter(path);
  if (kind === undefined) {
    throw new BerthError(
      'invalid',
      'oci-config.invalid',
      `config.json: linux.sysctl: ${name} is not in a separate kernel namespace: it would change the host`,
    );
  }
  if (!hasNamespace(namespaces, kind)) {
    throw new BerthError(
      'invalid',
      'oci-config.invalid',
      `config.json: linux.sysctl: ${name} is not allowed in the host's ${kind} namespace`,
      { hint: `add a ${kind} namespace to linux.namespaces` },
    );
  }
}

function namespaceOfParameter(path: string): NamespaceKind | undefined {
  const parts = path.split('/');
  if (parts[0] === 'net') return 'network';
  if (parts[0] === 'fs' && parts[1] === 'mqueue') return 'ipc';
  if (parts[0] === 'user') return 'user';
  if (parts[0] !== 'kernel' || parts.length !== 2) return undefined;
  if (IPC.has(parts[1] ?? '')) return 'ipc';
  return parts[1] === 'domainname' || parts[1] === 'hostname' ? 'uts' : undefined;
}
