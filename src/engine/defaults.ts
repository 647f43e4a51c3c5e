/** What the machine's administrator wants of every container and network that does not say otherwise. Plain data, checked. */
import type { PoolSource } from '#network/ipam/free-subnet.ts';
import type { HostConfig } from '#spec/docker-api/containers.ts';
import type { RuntimeInfo } from '#spec/docker-api/system.ts';

/** The network `bridge`. */
export interface BridgeDefaults {
  /** Address and prefix length of the bridge itself, `10.1.0.1/24`; chosen when absent. */
  readonly ipv4?: string;
  readonly ipv6?: string;
  /** Containers get addresses of this range only. */
  readonly range4?: string;
  readonly range6?: string;
  readonly enableIPv6: boolean;
  /** Driver options, by docker's names. */
  readonly options: Readonly<Record<string, string>>;
}

/** An absent part is Berth's own default. They are read when a container or a network is made, and belong to it from then on. */
export interface EngineDefaults {
  readonly host: Partial<HostConfig>;
  /** Added to a container's options, unless it says something of the same kind. */
  readonly securityOptions: readonly string[];
  /** What `host-gateway` stands for in `--add-host`; by docker's rule when empty. */
  readonly hostGateways: readonly string[];
  /** OCI runtimes besides Berth's own. */
  readonly runtimes: Readonly<Record<string, RuntimeInfo>>;
  readonly addressPools: readonly PoolSource[];
  /** Options of new networks by driver. */
  readonly networkOptions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly bridge: BridgeDefaults;
  readonly registries: {
    /** URLs of mirrors of Docker's own registry. */
    readonly mirrors?: readonly string[];
    /** `HOST[:PORT]` or ranges of addresses of registries that may be spoken to without TLS. */
    readonly insecure?: readonly string[];
    /** Layers fetched at once; 3 when absent, as many as there are when 0. */
    readonly downloads?: number;
    /** Layers sent at once; 5 when absent, as many as there are when 0. */
    readonly uploads?: number;
    /** Tries of a request or a download that makes no headway; 5 when absent. */
    readonly attempts?: number;
  };
  /** Of the engine's own requests; from the environment when absent. */
  readonly proxies: { readonly http?: string; readonly https?: string; readonly none?: string };
}

export const NO_DEFAULTS: EngineDefaults = {
  host: {},
  securityOptions: [],
  hostGateways: [],
  runtimes: {},
  addressPools: [],
  networkOptions: {},
  bridge: { enableIPv6: false, options: {} },
  registries: {},
  proxies: {},
};
