import type { PlanOp } from '#sys/keeper/plan.ts';

const NETLINK_ROUTE = 0;
const RTM_NEWLINK = 16;
const NLM_F_REQUEST_ACK = 0x5;
const IFF_UP = 1;
/** The loopback device is the first of every network namespace. */
const LOOPBACK_INDEX = 1;

/** Brings up the loopback device of a new network namespace (rtnetlink(7): nlmsghdr and ifinfomsg). */
export function loopbackUp(): PlanOp {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, RTM_NEWLINK, true);
  view.setUint16(6, NLM_F_REQUEST_ACK, true);
  view.setUint32(8, 1, true);
  view.setInt32(20, LOOPBACK_INDEX, true);
  view.setUint32(24, IFF_UP, true);
  view.setUint32(28, IFF_UP, true);
  return {
    side: 'child',
    op: 'netlink',
    family: NETLINK_ROUTE,
    messages: [{ bytes }],
    about: 'switch on the loopback device',
  };
}
