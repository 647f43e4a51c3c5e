/** What a network, an endpoint and a published port are to everything below the engine: plain data, no names of files or tables. */

/** Drivers that make devices; `host` and `none` need nothing from this layer. */
export type DeviceDriver = 'bridge' | 'macvlan' | 'ipvlan';

/** How traffic from outside reaches containers of a bridge network, per address family. */
export type GatewayMode = 'nat' | 'nat-unprotected' | 'routed' | 'isolated';

/** One subnet of a network, in canonical text (`172.17.0.0/22`, `fd00:…::/64`). */
export interface AddressPool {
  readonly family: 4 | 6;
  readonly subnet: string;
  /** Dynamic addresses come from here; the whole subnet when absent. */
  readonly range?: string;
  /** Without prefix length. Absent on networks that have none (isolated, `--internal` macvlan). */
  readonly gateway?: string;
  /** Addresses never given out, by the names that the user gave them. */
  readonly reserved: Readonly<Record<string, string>>;
}

export interface BridgeSettings {
  readonly interContainer: boolean;
  readonly masquerade: { readonly v4: boolean; readonly v6: boolean };
  readonly gatewayMode: { readonly v4: GatewayMode; readonly v6: GatewayMode };
  /** Where ports are published when `-p` names no address; empty: everywhere. */
  readonly hostBinding: { readonly v4: string; readonly v6: string };
  /** The bridge gets no IPv4 address: a router of the user's has the gateway's. */
  readonly inhibitIpv4?: boolean;
  /** Interfaces from which packets to containers' own addresses are let through. */
  readonly trustedInterfaces?: readonly string[];
  /** Whether the host's input rules decide who reaches published ports; the engine's setting when absent. */
  readonly firewall?: 'respect' | 'open';
}

/** A network as the kernel needs to know it. */
export interface NetworkDevice {
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly driver: DeviceDriver;
  /** The bridge's interface, or the parent interface of a macvlan or ipvlan; at most 15 bytes. */
  readonly interfaceName: string;
  /** The bridge, VLAN or placeholder is Berth's, made when needed and removed with the network; false: it was there before. */
  readonly ownsParent: boolean;
  /** Bytes; absent: the kernel's default or the parent's. */
  readonly mtu?: number;
  /** macvlan: bridge, private, vepa, passthru; ipvlan: l2, l3, l3s. Empty for bridges. */
  readonly mode: string;
  /** ipvlan: bridge, private, vepa. */
  readonly flag?: string;
  /** No way out and none in. */
  readonly internal: boolean;
  readonly pools: readonly AddressPool[];
  readonly bridge: BridgeSettings;
}

/** A container's place in one network while it runs. */
export interface Endpoint {
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly containerId: string;
  readonly network: NetworkDevice;
  /** Inside the container: `eth0`, `eth1`, … or what the user asked for. */
  readonly interfaceName: string;
  /** The host's end of the pair; only for bridges. */
  readonly hostInterfaceName: string;
  /** `02:42:…` */
  readonly macAddress: string;
  /** Without prefix length; that of the pool applies. */
  readonly ipv4?: string;
  readonly ipv6?: string;
  /** More addresses on the link alone (`--link-local-ip`), without prefix lengths. */
  readonly linkLocal?: readonly string[];
  /** This endpoint's gateways become the container's default routes. */
  readonly defaultGateway: { readonly v4: boolean; readonly v6: boolean };
  /** Sysctls of `--network name=…,driver-opt=com.docker.network.endpoint.sysctls=…`, with IFNAME filled in. */
  readonly sysctls: Readonly<Record<string, string>>;
}

export type PortProtocol = 'tcp' | 'udp' | 'sctp';

/** A contiguous range published one to one: host `hostPort + i` leads to container `containerPort + i`, i below `count`. */
export interface PublishedRange {
  readonly protocol: PortProtocol;
  /** `0.0.0.0`, `::` or one of the host's addresses. */
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly count: number;
}
