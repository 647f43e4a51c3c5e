/** Published ports in a container's start. */
import { firewallNames } from '#network/firewall/firewall-names.ts';
import type { Endpoint, PublishedRange } from '#network/model.ts';
import { portOps, presenceOp, publicationsOf } from '#network/ports/port-ops.ts';
import type { PlanOp } from '#sys/keeper/plan.ts';
import type { EngineContext } from '../context.ts';
import { opensFirewall } from './firewall-option.ts';

export interface PortPart {
  readonly ops: readonly PlanOp[];
  readonly cleanup: readonly PlanOp[];
}

/**
 * What a launch plan does about the firewall: finds out that the root's tables are there (else the start fails with ENOENT and
 * comes again), and publishes what `leasePorts` gave.
 */
export function portPart(
  context: Pick<EngineContext, 'root' | 'options'>,
  endpoints: readonly Endpoint[],
  ranges: readonly PublishedRange[],
): PortPart {
  if (!endpoints.some(({ network }) => network.driver === 'bridge')) return { ops: [], cleanup: [] };
  const names = firewallNames(context.root);
  const publications = publicationsOf(endpoints, ranges, (endpoint) => opensFirewall(context, endpoint));
  const { ops, cleanup } = portOps(names, publications);
  return { ops: ops.length > 0 ? ops : [presenceOp(names)], cleanup };
}
