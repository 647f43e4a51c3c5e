import type { NetworkDevice } from '#network/model.ts';
import type { EndpointSettings } from '#spec/docker-api/containers.ts';

type Strings = Readonly<Record<string, string>>;

/** One line of a network's address configuration as users see it. */
export interface SubnetConfig {
  readonly Subnet?: string;
  readonly IPRange?: string;
  readonly Gateway?: string;
  readonly AuxiliaryAddresses?: Strings;
}

/** What a user said about a network, completed. */
export interface NetworkSpec {
  readonly labels: Strings;
  readonly options: Strings;
  readonly enableIPv4: boolean;
  readonly enableIPv6: boolean;
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly scope: string;
  readonly configOnly: boolean;
  /** Name of the configuration that it was made from; empty when of none. */
  readonly configFrom: string;
  readonly ipam: {
    readonly driver: string;
    readonly options: Strings | null;
    readonly config: readonly SubnetConfig[] | null;
  };
  /** Subnets that the user chose: only there may containers ask for addresses. */
  readonly userSubnets: readonly string[];
}

export type NetworkDriver = 'bridge' | 'macvlan' | 'ipvlan' | 'host' | 'null';

/** One network as the database has it. */
export interface NetworkRow {
  readonly id: string;
  readonly name: string;
  readonly createdNs: bigint;
  readonly driver: NetworkDriver;
  readonly spec: NetworkSpec;
  /** `null` for networks without devices of their own. */
  readonly device: NetworkDevice | null;
  readonly status: 'ready' | 'removing';
  /** Token of the process that removes it. */
  readonly remover: string;
}

/** What a container wants of one network. */
export interface EndpointWish {
  /** Canonical text. */
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly linkLocal?: readonly string[];
  readonly macAddress?: string;
  readonly gatewayPriority?: number;
  /** The container was connected after it was created. */
  readonly isLate?: true;
  /** As the client sent them, for those who inspect it; aliases, links (`container:alias`) and driver options are read from here. */
  readonly said?: Pick<EndpointSettings, 'IPAMConfig' | 'Links' | 'Aliases' | 'DriverOpts'>;
}

/** What a running container has in one network. */
export interface EndpointLease {
  readonly endpointId: string;
  /** Empty where there is no device. */
  readonly interfaceName: string;
  readonly hostInterfaceName: string;
  readonly macAddress: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly defaultGateway: { readonly v4: boolean; readonly v6: boolean };
}

/** A container's place in a network, whether it runs or not. */
export interface EndpointRow {
  readonly containerId: string;
  /** The network's name when the container was connected. */
  readonly network: string;
  /** Empty until the network was found for the first time. */
  readonly networkId: string;
  readonly position: number;
  readonly wish: EndpointWish;
  /** `null` while the container does not run. */
  readonly lease: EndpointLease | null;
}
