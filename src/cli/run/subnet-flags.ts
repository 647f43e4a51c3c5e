/** `network create`: which range, gateway and auxiliary addresses belong to which subnet, decided as docker's client does. */
import { parseAddress } from '#base/ip-address.ts';
import { contains, parseSubnet, type Subnet } from '#base/ip-subnet.ts';
import type { IpamConfig } from '#spec/docker-api/networks.ts';

export interface SubnetFlags {
  readonly subnets: readonly string[];
  readonly ranges: readonly string[];
  readonly gateways: readonly string[];
  readonly reserved: Readonly<Record<string, string>>;
}

function notCidr(text: string): string {
  return `invalid CIDR address: ${text}`;
}

/** True when an address, or the first address of a prefix, is in a subnet. @throws Error in docker's words */
function isIn(subnet: string, text: string): boolean {
  const parent = parseSubnet(subnet);
  if (parent === undefined) throw new Error(`invalid subnet: ${notCidr(subnet)}`);
  const inner: Subnet | ReturnType<typeof parseAddress> = text.includes('/') ? parseSubnet(text) : parseAddress(text);
  if (inner === undefined && text.includes('/')) throw new Error(notCidr(text));
  return inner !== undefined && contains(parent, inner);
}

function checkDisjoint(subnets: readonly string[]): void {
  for (const [i, subnet] of subnets.entries()) {
    if (subnets.slice(0, i).some((other) => isIn(subnet, other) || isIn(other, subnet))) {
      throw new Error('multiple overlapping subnet configuration is not supported');
    }
  }
}

interface Line {
  Subnet: string;
  IPRange?: string;
  Gateway?: string;
  AuxiliaryAddresses?: Record<string, string>;
}

/** Gives each value to every subnet that it fits. */
function distribute(
  lines: readonly Line[],
  values: readonly string[],
  what: string,
  put: (line: Line, value: string) => void,
) {
  for (const value of values) {
    const fitting = lines.filter(({ Subnet }) => isIn(Subnet, value));
    if (fitting.length === 0) throw new Error(`no matching subnet for ${what} ${value}`);
    for (const line of fitting) put(line, value);
  }
}

/** @throws Error in docker's words */
export function subnetConfigs({ subnets, ranges, gateways, reserved }: SubnetFlags): IpamConfig[] {
  if (subnets.length < ranges.length || subnets.length < gateways.length) {
    throw new Error('every ip-range or gateway must have a corresponding subnet');
  }
  checkDisjoint(subnets);
  const lines = subnets.map((Subnet): Line => ({ Subnet }));
  const wrong = subnets.length > 0 ? ranges.find((range) => parseSubnet(range) === undefined) : undefined;
  if (wrong !== undefined) throw new Error(notCidr(wrong));
  distribute(lines, ranges, 'range', (line, range) => {
    if (line.IPRange !== undefined) {
      throw new Error(
        `cannot configure multiple ranges (${range}, ${line.IPRange}) on the same subnet (${line.Subnet})`,
      );
    }
    line.IPRange = range;
  });
  distribute(lines, gateways, 'gateway', (line, gateway) => {
    if (line.Gateway !== undefined) {
      throw new Error(
        `cannot configure multiple gateways (${gateway}, ${line.Gateway}) for the same subnet (${line.Subnet})`,
      );
    }
    line.Gateway = gateway;
  });
  for (const [name, address] of Object.entries(reserved)) {
    distribute(lines, [address], 'aux-address', (line) => {
      line.AuxiliaryAddresses = { ...line.AuxiliaryAddresses, [name]: address };
    });
  }
  return lines;
}
