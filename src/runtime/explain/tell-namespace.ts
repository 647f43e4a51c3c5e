import type { NamespaceOp, PlanOp } from '#sys/keeper/plan.ts';
import type { Narration } from './narration.ts';
import { rangeWords } from './words.ts';

type Op = Extract<PlanOp, NamespaceOp>;

const NAMES: ReadonlySet<string> = new Set<NamespaceOp['op']>([
  'clone',
  'unshare',
  'join-namespaces',
  'time-namespace',
  'id-maps',
  'join-cgroups',
  'device-filter',
  'netlink',
  'hostname',
  'domainname',
  'name-sockets',
  'netlink-batches',
]);

export function isNamespaceOp(op: PlanOp): op is Op {
  return NAMES.has(op.op);
}

/** Tells one op on namespaces, control groups or the network. */
export function tellNamespace(narration: Narration, op: Op): void {
  switch (op.op) {
    case 'clone': {
      const list =
        op.namespaces.length === 0
          ? 'in the namespaces of its starter'
          : `in new namespaces: ${op.namespaces.join(', ')}`;
      narration.tell('Namespaces', op.side, `make the process ${list}`);
      if (op.cgroup !== undefined) {
        narration.tell('Control groups', op.side, `the process is born in ${narration.story(op.cgroup).what}`);
      }
      return;
    }
    case 'unshare':
      narration.tell('Namespaces', op.side, `new namespaces for itself: ${op.namespaces.join(', ')}`);
      return;
    case 'join-namespaces':
      narration.tell('Namespaces', op.side, `join ${op.namespaces.join(', ')} of ${narration.story(op.slot).what}`);
      return;
    case 'time-namespace':
      narration.tell(
        'Namespaces',
        op.side,
        `new time namespace: monotonic clock ${signed(op.monotonicNs)} ns, boot time ${signed(op.boottimeNs)} ns`,
      );
      return;
    case 'id-maps':
      narration.tell('Id maps', op.side, `user ${rangeWords(op.uid)}`);
      narration.tell('Id maps', op.side, `group ${rangeWords(op.gid)}`);
      if (op.helpers !== undefined)
        narration.tell('Id maps', op.side, `set by ${op.helpers.uid} and ${op.helpers.gid}`);
      if (op.denySetgroups === true) narration.tell('Id maps', op.side, 'no change of additional groups');
      return;
    case 'join-cgroups':
      op.files.forEach((file) => {
        narration.tell('Control groups', op.side, `join ${file}`);
      });
      return;
    case 'device-filter':
      narration.tell(
        'Control groups',
        op.side,
        `device filter of ${op.program.length / 8} instructions on ${op.cgroup}`,
      );
      return;
    case 'netlink':
      narration.tell('Network', op.side, op.about ?? `send ${op.messages.length} netlink message(s)`);
      return;
    case 'hostname':
      narration.tell('Namespaces', op.side, `host name ${op.name}`);
      return;
    case 'domainname':
      narration.tell('Namespaces', op.side, `domain name ${op.name}`);
      return;
    case 'name-sockets':
      narration.tell('Network', op.side, `sockets for names on ${ipv4Text(op.address)}, port ${op.port}, TCP and UDP`);
      return;
    case 'netlink-batches':
      narration.tell('Network', op.side, op.about ?? `send ${op.planned.length} bytes of netlink batches`);
      return;
    default:
      op satisfies never;
  }
}

/** The dotted text of an IPv4 address that is a number. */
function ipv4Text(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

function signed(value: bigint): string {
  return value < 0n ? String(value) : `+${value}`;
}
