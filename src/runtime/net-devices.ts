import { BerthError } from '#base/errors.ts';
import type { LinuxNetDevice } from '#spec/oci-runtime/config.ts';
import type { PlanOp } from '#sys/keeper/plan.ts';
import { allAddresses, linkNamed } from '#sys/netlink/interfaces.ts';
import { giveAddress, type KeptAddress } from '#sys/netlink/kept-address.ts';
import { moveLink, setUp } from '#sys/netlink/link.ts';
import type { Device, RouteMessage } from '#sys/netlink/route-message.ts';

/** A network device of the host as it is before it moves. */
export interface HostDevice {
  readonly name: string;
  /** In the container; with `%d` the kernel numbers it. */
  readonly newName: string;
  readonly index: number;
  /** Those that it keeps. */
  readonly addresses: readonly KeptAddress[];
}

/** Ops that move devices: on the parent's side, then in the child. */
export interface DeviceMoves {
  readonly network: readonly PlanOp[];
  readonly networkInside: readonly PlanOp[];
}

const NETLINK_ROUTE = 0;
/** What dev_valid_name() of Linux takes. */
const NAME = /^(?!\.{1,2}$)[^\s/:]{1,15}$/;

/**
 * Looks at the devices that a configuration wants in the container (config-linux.md, "Network Devices").
 *
 * @throws BerthError `invalid` for names that no device can have, `not-found` for devices that are not there
 */
export async function findDevices(wanted: Readonly<Record<string, LinuxNetDevice>>): Promise<HostDevice[]> {
  const addresses = (await allAddresses()).filter(({ isPermanent, isGlobal }) => isPermanent && isGlobal);
  const found: HostDevice[] = [];
  for (const [name, device] of Object.entries(wanted)) {
    const newName = device.name === undefined || device.name === '' ? name : device.name;
    for (const each of [name, newName]) {
      if (!NAME.test(each)) throw refuse('invalid', name, `${JSON.stringify(each)} is no name of a network device`);
    }
    // A device that moves and then cannot be renamed would end with the new namespace.
    if (newName === 'lo' || found.some((other) => other.newName === newName && !isTemplate(newName))) {
      throw refuse('invalid', name, `a network device ${newName} exists in the container already`);
    }
    const link = await linkNamed(name);
    if (link === undefined) throw refuse('not-found', name, 'there is no such network device on the host');
    const { index } = link;
    found.push({ name, newName, index, addresses: addresses.filter((address) => address.device === index) });
  }
  return found;
}

function refuse(kind: 'invalid' | 'not-found', name: string, problem: string): BerthError {
  return new BerthError(
    kind,
    'oci-config.net-device',
    `config.json: linux.netDevices[${JSON.stringify(name)}]: ${problem}`,
  );
}

/** How they move. They lose their addresses on the way, and get them again before they are switched on. */
export function moveDevices(devices: readonly HostDevice[]): DeviceMoves {
  return {
    network: devices.map(({ name, newName, index }) =>
      op('parent', [moveLink(index, newName, isTemplate(newName) ? index : undefined)], `move network device ${name}`),
    ),
    networkInside: devices.map(({ newName, index, addresses }) => {
      // The name that the kernel makes of a template is not known; its number is kept instead.
      const device: Device = isTemplate(newName) ? index : newName;
      return op(
        'child',
        [...addresses.map((address) => giveAddress(device, address)), setUp(device)],
        `set up network device ${newName}`,
      );
    }),
  };
}

function isTemplate(name: string): boolean {
  return name.includes('%d');
}

function op(side: 'parent' | 'child', messages: readonly RouteMessage[], about: string): PlanOp {
  return { side, op: 'netlink', family: NETLINK_ROUTE, messages, about };
}
