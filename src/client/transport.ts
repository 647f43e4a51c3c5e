import type { ApiRequest, ApiResponse } from '#spec/docker-api/exchange.ts';

/** How a client reaches an engine. Implementations: `socket-transport.ts` and `in-process-transport.ts`. */
export interface Transport {
  /** For messages: `unix:///var/run/docker.sock`, `in process`. */
  readonly endpoint: string;
  /**
   * Sends one request and resolves with the response's head. Any status resolves.
   * @throws unavailable when nobody answers there; the abort signal's reason when it fires
   */
  request(request: ApiRequest): Promise<ApiResponse>;
  /** The API version spoken, `1.50`; asks the engine the first time. */
  apiVersion(): Promise<string>;
  /** Frees idle connections. Streams in use go on. */
  close(): Promise<void>;
}
