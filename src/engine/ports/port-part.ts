/** Published ports in a container's start. */
import { firewallNames } from '#network/firewall/firewall-names.ts';
import type { Endpoint, PublishedRange } from '#network/model.ts';
import { portOps, presenceOp, publicationsOf } from '#network/ports/port-ops.ts';
import type { PlanOp } from '#sys/keeper/plan.ts';
import { hairpinPort } from '#sys/netlink/link.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import { openPolicy } from './firewall-option.ts';

const NETLINK_ROUTE = 0;

function isWayIn({ network, defaultGateway }: Endpoint): boolean {
  return network.driver === 'bridge' && (defaultGateway.v4 || defaultGateway.v6);
}

/** A container may reach itself by its own published port: the bridge must give it back what came from it. */
function hairpinOp({ hostInterfaceName }: Endpoint): PlanOp {
  return {
    side: 'parent',
    op: 'netlink',
    family: NETLINK_ROUTE,
    messages: [hairpinPort(hostInterfaceName)],
    about: `let ${hostInterfaceName} reach itself`,
  };
}

export interface PortPart {
  readonly ops: readonly PlanOp[];
  readonly cleanup: readonly PlanOp[];
}

/** What the keeper takes out of the tables at a container's end, once it differs from what its start had published. */
export function portCleanupFile(root: string, containerId: string): string {
  return `${pathsOf(root, containerId).runDirectory}/ports`;
}

/**
 * What a launch plan does about the firewall: finds out that the root's tables are there (else the start fails with ENOENT and
 * comes again), and publishes what `leasePorts` gave.
 */
export function portPart(
  context: Pick<EngineContext, 'root'>,
  containerId: string,
  endpoints: readonly Endpoint[],
  ranges: readonly PublishedRange[],
): PortPart {
  const names = firewallNames(context.root);
  const publications = publicationsOf(endpoints, ranges, openPolicy(context.root));
  const { ops, cleanup } = portOps(names, publications, portCleanupFile(context.root, containerId));
  if (!endpoints.some(({ network }) => network.driver === 'bridge')) return { ops, cleanup };
  if (ops.length === 0) return { ops: [presenceOp(names)], cleanup };
  return { ops: [...ops, ...endpoints.filter(isWayIn).map(hairpinOp)], cleanup };
}
