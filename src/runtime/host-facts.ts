import { isBerthError } from '#base/errors.ts';
import { type CgroupHost, detectCgroups } from '#sys/cgroup/host.ts';
import { hasAppArmor, hasSELinux, inInitialUserNamespace } from '#sys/host-security.ts';
import { ownCapabilities } from '#sys/proc-host.ts';
import type { HostFacts } from './plan/launch-options.ts';

/**
 * Looks at this machine and this process, for `buildLaunchPlan`.
 *
 * @param withNamed also control group hierarchies that have only a name
 */
export function detectHostFacts(withNamed = false): HostFacts {
  return {
    cgroups: mountedCgroups(withNamed),
    capabilities: ownCapabilities().permitted,
    initialUserNamespace: inInitialUserNamespace(),
    apparmor: hasAppArmor(),
    selinux: hasSELinux(),
    uid: process.geteuid?.() ?? 0,
  };
}

function mountedCgroups(withNamed: boolean): CgroupHost | undefined {
  try {
    return detectCgroups(undefined, undefined, withNamed);
  } catch (error) {
    if (isBerthError(error, 'unsupported')) return undefined;
    throw error;
  }
}
