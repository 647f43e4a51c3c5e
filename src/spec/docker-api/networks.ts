/** Docker Engine API v1.50 shapes of networks. No behaviour here. */
import type { EndpointSettings, Loose, StringMap } from './containers.ts';

export interface IpamConfig {
  readonly Subnet?: string;
  readonly IPRange?: string;
  readonly Gateway?: string;
  readonly AuxiliaryAddresses?: StringMap;
}

export interface Ipam {
  readonly Driver: string;
  readonly Options: StringMap | null;
  readonly Config: readonly IpamConfig[] | null;
}

/** Body of `POST /networks/create`. */
export interface NetworkCreateRequest {
  readonly Name?: string | null;
  readonly Driver?: string | null;
  readonly Scope?: string | null;
  readonly EnableIPv4?: boolean | null;
  readonly EnableIPv6?: boolean | null;
  readonly IPAM?: {
    readonly Driver?: string | null;
    readonly Options?: StringMap | null;
    readonly Config?: readonly Loose<IpamConfig>[] | null;
  } | null;
  readonly Internal?: boolean | null;
  readonly Attachable?: boolean | null;
  readonly Ingress?: boolean | null;
  readonly ConfigOnly?: boolean | null;
  readonly ConfigFrom?: { readonly Network?: string | null } | null;
  readonly Options?: StringMap | null;
  readonly Labels?: StringMap | null;
}

export interface NetworkCreateResponse {
  readonly Id: string;
  readonly Warning: string;
}

/** A container in a network. */
export interface EndpointResource {
  readonly Name: string;
  readonly EndpointID: string;
  readonly MacAddress: string;
  /** With prefix length; empty when there is none. */
  readonly IPv4Address: string;
  readonly IPv6Address: string;
}

/** `GET /networks/{id}`, and one of `GET /networks`, which leaves the containers out. */
export interface NetworkInspect {
  readonly Name: string;
  readonly Id: string;
  readonly Created: string;
  readonly Scope: string;
  readonly Driver: string;
  readonly EnableIPv4: boolean;
  readonly EnableIPv6: boolean;
  readonly IPAM: Ipam;
  readonly Internal: boolean;
  readonly Attachable: boolean;
  readonly Ingress: boolean;
  readonly ConfigFrom: { readonly Network: string };
  readonly ConfigOnly: boolean;
  readonly Containers: Readonly<Record<string, EndpointResource>>;
  readonly Options: StringMap;
  readonly Labels: StringMap;
}

/** `POST /networks/prune`. */
export interface NetworkPruneReport {
  /** Names; `null` when there was nothing to remove. */
  readonly NetworksDeleted: readonly string[] | null;
}

/** Body of `POST /networks/{id}/connect`. */
export interface NetworkConnectRequest {
  readonly Container?: string | null;
  readonly EndpointConfig?: Loose<EndpointSettings> | null;
}

/** Body of `POST /networks/{id}/disconnect`. */
export interface NetworkDisconnectRequest {
  readonly Container?: string | null;
  readonly Force?: boolean | null;
}
