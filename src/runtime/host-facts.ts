import { isBerthError } from '#base/errors.ts';
import { type CgroupHost, detectCgroups } from '#sys/cgroup/host.ts';
import { hasAppArmor, hasSELinux, inInitialUserNamespace } from '#sys/host-security.ts';
import { ownCapabilities } from '#sys/proc-host.ts';
import type { HostFacts } from './plan/launch-options.ts';

/** Looks at this machine and this process, for `buildLaunchPlan`. */
export function detectHostFacts(): HostFacts {
  return {
    cgroups: mountedCgroups(),
    capabilities: ownCapabilities().permitted,
    initialUserNamespace: inInitialUserNamespace(),
    apparmor: hasAppArmor(),
    selinux: hasSELinux(),
    uid: process.geteuid?.() ?? 0,
  };
}

function mountedCgroups(): CgroupHost | undefined {
  try {
    return detectCgroups();
  } catch (error) {
    if (isBerthError(error, 'unsupported')) return undefined;
    throw error;
  }
}
