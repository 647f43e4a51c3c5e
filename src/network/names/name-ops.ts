import type { NamesPlan, PlanOp } from '#sys/keeper/plan.ts';
import { type NameRecord, nameRecordText } from './name-record.ts';
import { redirectMessages } from './redirect-bytes.ts';

/** Where containers on user-defined networks find their name server, as in Docker. */
export const NAME_SERVER = '127.0.0.11';
const ADDRESS_NUMBER = 0x7f00_000b;
/** Above the range from which kernels choose ports by default, so that no program gets it by chance. */
export const SOCKET_PORT = 61053;
const NETLINK_NETFILTER = 12;
const ENOENT = 2;
const EEXIST = 17;

/** Directory of a root that the resolver reads; its socket is in there too. */
export function namesDirectory(root: string): string {
  return `${root}/run/names`;
}

/** The socket on which the resolver takes containers. */
export function resolverSocket(root: string): string {
  return `${namesDirectory(root)}/.socket`;
}

export interface NamesStart {
  readonly root: string;
  readonly containerId: string;
  /** Absent: the container is on no network where names resolve. It may join one later. */
  readonly record?: NameRecord;
  /** Whether somebody must watch that its network's rules stay: for published ports from the beginning. */
  readonly guard: 'at-once' | 'soon' | 'none';
  /** How the resolver is started when none runs (`resolverCommand`). */
  readonly resolver: NamesPlan['resolver'];
}

export interface NamesPart {
  /** For `LaunchOptions.network`. */
  readonly ops: readonly PlanOp[];
  /** For `LaunchOptions.networkCleanup`. */
  readonly cleanup: readonly PlanOp[];
  /** For `LaunchOptions.names`. */
  readonly names: NamesPlan;
}

/** The op that leads port 53 to the sockets, in the current network namespace of `side`. */
export function redirectOp(side: PlanOp['side']): PlanOp {
  return {
    side,
    op: 'netlink',
    family: NETLINK_NETFILTER,
    batch: true,
    messages: redirectMessages().map((bytes) => ({ bytes })),
    tolerate: [EEXIST],
    about: `name server at ${NAME_SERVER}`,
  };
}

/**
 * What the start of a container with a network namespace of its own needs so that names resolve in it and it is found by its
 * own. The sockets are made for every such container, because a running one may join a network where names resolve.
 */
export function nameOps(start: NamesStart): NamesPart {
  const { root, record } = start;
  const file = `${namesDirectory(root)}/${start.containerId}`;
  const sockets: PlanOp = { side: 'child', op: 'name-sockets', address: ADDRESS_NUMBER, port: SOCKET_PORT };
  const listed: PlanOp[] =
    record === undefined
      ? []
      : [
          { side: 'parent', op: 'mkdir', at: { path: namesDirectory(root) }, mode: 0o755, existOk: true },
          {
            side: 'parent',
            op: 'write',
            at: { path: file },
            data: nameRecordText(record),
            create: 0o644,
            about: 'names of the container',
          },
          redirectOp('child'),
        ];
  return {
    ops: [sockets, ...listed],
    cleanup: [{ side: 'cleanup', op: 'unlink', at: { path: file }, tolerate: [ENOENT] }],
    names: {
      socket: resolverSocket(root),
      id: start.containerId,
      resolver: start.resolver,
      answer:
        record !== undefined || start.guard === 'at-once' ? 'at-once' : start.guard === 'soon' ? 'soon' : 'when-asked',
    },
  };
}
