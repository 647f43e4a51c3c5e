import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';

/** One request to a server. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: OutgoingHttpHeaders;
  /** Bytes, or a stream of a known length that is opened when the request is sent. */
  readonly body?: Uint8Array | RequestStream | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long the server may be silent, milliseconds; the client's own limit when absent. */
  readonly idleMs?: number | undefined;
}

export interface RequestStream {
  /** Bytes. */
  readonly length: number;
  readonly open: () => AsyncIterable<Uint8Array>;
}

/** The head of an answer; its body is still to be read, or to be given up with `body.destroy()`. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Where it came from, after redirects. */
  readonly url: URL;
  readonly body: IncomingMessage;
  /** How long its server may be silent, or all but silent, milliseconds. */
  readonly idleMs: number;
}

/** A header's text, the first where there are several; undefined when it is absent. */
export function headerOf(response: Pick<HttpResponse, 'headers'>, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The URL as errors show it: queries of storage servers are secrets. */
export function shownUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
