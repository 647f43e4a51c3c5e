/** Networks in the shape of the API. */

import { subnetOf } from '#base/ip-subnet.ts';
import { formatTimeNs } from '#base/time.ts';
import { poolOf } from '#network/ipam/choose-address.ts';
import type { EndpointResource, NetworkInspect } from '#spec/docker-api/networks.ts';
import type { EngineContext } from '../context.ts';
import type { NetworkRow } from '../state/network-row.ts';

/** Prefix length of an address in a network; 0 when it has none there. */
export function prefixLength(network: Pick<NetworkRow, 'device'>, address: string | undefined): number {
  const pool = address === undefined ? undefined : poolOf(network.device?.pools ?? [], address);
  return pool === undefined ? 0 : subnetOf(pool.subnet).bits;
}

function withPrefix(network: NetworkRow, address: string | undefined): string {
  return address === undefined ? '' : `${address}/${prefixLength(network, address)}`;
}

/** Running containers in a network, by id. */
export function containersIn(context: EngineContext, network: NetworkRow): Record<string, EndpointResource> {
  const active = context.endpoints.activeIn(network.id).map(({ containerId, containerName, lease }) => {
    const resource: EndpointResource = {
      Name: containerName,
      EndpointID: lease?.endpointId ?? '',
      MacAddress: lease?.macAddress ?? '',
      IPv4Address: withPrefix(network, lease?.ipv4),
      IPv6Address: withPrefix(network, lease?.ipv6),
    };
    return [containerId, resource] as const;
  });
  return Object.fromEntries(active);
}

/** @param containers left out of lists */
export function describeNetwork(
  row: NetworkRow,
  containers: Readonly<Record<string, EndpointResource>> = {},
): NetworkInspect {
  const { spec } = row;
  return {
    Name: row.name,
    Id: row.id,
    Created: formatTimeNs(row.createdNs),
    Scope: spec.scope,
    Driver: row.driver,
    EnableIPv4: spec.enableIPv4,
    EnableIPv6: spec.enableIPv6,
    IPAM: { Driver: spec.ipam.driver, Options: spec.ipam.options, Config: spec.ipam.config },
    Internal: spec.internal,
    Attachable: spec.attachable,
    Ingress: false,
    ConfigFrom: { Network: spec.configFrom },
    ConfigOnly: spec.configOnly,
    Containers: containers,
    Options: spec.options,
    Labels: spec.labels,
  };
}
