/** Plans that change the network namespace of a container that runs: a process joins it for a moment and never becomes a program. */
import type { LaunchPlan, PlanOp } from '#sys/keeper/plan.ts';
import { deleteLink } from '#sys/netlink/link.ts';
import type { Endpoint } from '../model.ts';
import { type EndpointOps, endpointOps, routeMessages } from './endpoint-ops.ts';

const NETLINK_ROUTE = 0;
const ENODEV = 19;
const TARGET = 0;

/** A process of the container; the start time proves that it is still the same. */
export interface LiveTarget {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat. */
  readonly startTime: bigint;
  /** Existing directory in which no keeper serves. */
  readonly runDir: string;
}

function livePlan(
  target: LiveTarget,
  parts: Pick<EndpointOps, 'outside' | 'inside' | 'settle' | 'announce'>,
): LaunchPlan {
  const ops: PlanOp[] = [
    { side: 'before', op: 'open-process', slot: TARGET, pid: target.pid, startTime: target.startTime },
    { side: 'before', op: 'clone', namespaces: [] },
    { side: 'parent', op: 'wait' },
    ...parts.outside,
    { side: 'parent', op: 'post' },
    { side: 'parent', op: 'wait' },
    ...parts.settle,
    { side: 'parent', op: 'post' },
    { side: 'child', op: 'join-namespaces', slot: TARGET, namespaces: ['network'], about: "the container's network" },
    // The new interface goes to wherever this process is by now.
    { side: 'child', op: 'post' },
    { side: 'child', op: 'wait' },
    ...parts.inside,
    { side: 'child', op: 'post' },
    { side: 'child', op: 'wait' },
    ...parts.announce,
    { side: 'child', op: 'gate' },
    { side: 'child', op: 'exec', name: '/proc/self/exe', searchPath: '', argv: ['berth-keeper'], env: [] },
  ];
  return {
    mode: 'foreground',
    runDir: target.runDir,
    stdio: { kind: 'null' },
    log: { driver: 'none' },
    exit: { collect: [] },
    ops,
  };
}

/**
 * Puts a running container into one more network. Everything is done once the launch stands at its gate: abort it then.
 *
 * @param more ops for the inside
 */
export function joinPlan(target: LiveTarget, endpoint: Endpoint, more: readonly PlanOp[]): LaunchPlan {
  const ops = endpointOps(endpoint);
  return livePlan(target, { ...ops, inside: [...ops.inside, ...more] });
}

/**
 * Takes a running container's interface away.
 *
 * @param rest the container's other endpoints, with the default routes that they are to have from now on
 */
export function leavePlan(target: LiveTarget, endpoint: Endpoint, rest: readonly Endpoint[]): LaunchPlan {
  const { interfaceName } = endpoint;
  const remove: PlanOp = {
    side: 'child',
    op: 'netlink',
    family: NETLINK_ROUTE,
    messages: [deleteLink(interfaceName)],
    tolerate: [ENODEV],
    about: `remove ${interfaceName}`,
  };
  const routes = rest.flatMap(routeMessages);
  const route: PlanOp = {
    side: 'child',
    op: 'netlink',
    family: NETLINK_ROUTE,
    messages: routes,
    about: 'way out by another network',
  };
  const inside = [remove, ...(routes.length === 0 ? [] : [route])];
  return livePlan(target, { outside: [], inside, settle: [], announce: [] });
}
