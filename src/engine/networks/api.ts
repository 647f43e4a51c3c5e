import type {
  NetworkConnectRequest,
  NetworkCreateRequest,
  NetworkCreateResponse,
  NetworkDisconnectRequest,
  NetworkInspect,
  NetworkPruneReport,
} from '#spec/docker-api/networks.ts';

export type Filters = Readonly<Record<string, readonly string[]>>;

/** Networks of an opened engine. Failures have Docker's words. */
export interface Networks {
  /** @throws invalid, forbidden, conflict for a name in use */
  create(request: NetworkCreateRequest): Promise<NetworkCreateResponse>;
  /** @param ref id, name, or the first digits of an id @throws not-found */
  inspect(ref: string, options?: { readonly scope?: string }): Promise<NetworkInspect>;
  /** Newest first. Filters: `dangling`, `driver`, `id`, `label`, `name`, `scope`, `type`. @throws invalid for others */
  list(filters?: Filters): Promise<NetworkInspect[]>;
  /** @throws forbidden while containers run in it, and for those that always exist */
  remove(ref: string): Promise<void>;
  /** Removes networks that no container refers to. Filters: `label`, `label!`, `until`. */
  prune(filters?: Filters): Promise<NetworkPruneReport>;
  /** Puts a container into one more network; at once when it runs. */
  connect(ref: string, request: NetworkConnectRequest): Promise<void>;
  disconnect(ref: string, request: NetworkDisconnectRequest): Promise<void>;
}
