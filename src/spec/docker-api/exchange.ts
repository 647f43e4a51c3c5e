/**
 * One exchange of the Docker Engine API without a wire: what a client's transport sends and what a router answers.
 * The socket transport turns it into HTTP; in process it is handed over as it is, so that nothing is encoded twice.
 */
import type { Duplex, Readable } from 'node:stream';

export type ApiMethod = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';

/** Absent values are left out; booleans travel as `1` and `0`, lists as repeated names. */
export type ApiQuery = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** Header names are in lower case. */
export type ApiHeaders = Readonly<Record<string, string>>;

export type ApiRequestBody =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'stream'; readonly stream: Readable; readonly contentType: string };

export interface ApiRequest {
  readonly method: ApiMethod;
  /** Decoded segments are the router's business: this is the encoded path without version prefix and query. */
  readonly path: string;
  readonly query?: ApiQuery | undefined;
  readonly headers?: ApiHeaders | undefined;
  readonly body?: ApiRequestBody | undefined;
  /** True when the client asked to take the connection over (attach, exec start). */
  readonly upgrade?: boolean | undefined;
  /** True when the answer's head travels by itself: what is upgraded to must not begin before it is sent. */
  readonly headFirst?: boolean | undefined;
  /** Aborted when the client gives up. */
  readonly abort?: AbortSignal | undefined;
}

export type ApiResponseBody =
  | { readonly kind: 'empty' }
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'text'; readonly text: string }
  /** A sequence of JSON documents, one a line: progress, events, statistics. */
  | { readonly kind: 'lines'; readonly items: AsyncIterable<unknown> }
  /** Bytes whose meaning the content type says. */
  | { readonly kind: 'stream'; readonly stream: Readable }
  /** The connection itself, both ways, after an upgrade. */
  | { readonly kind: 'upgraded'; readonly stream: Duplex };

export interface ApiResponse {
  readonly status: number;
  readonly headers: ApiHeaders;
  readonly body: ApiResponseBody;
}

/** A router seen from a client: never rejects for failures of the request, they are responses with a status. */
export type Dispatch = (request: ApiRequest) => Promise<ApiResponse>;

/** Berth's own request header, value `1`: errors may have `code` and `hint`. */
export const ERROR_DETAILS_HEADER = 'x-berth-error-details';

/** Body of every response with a status of 400 and more. `code` and `hint` are Berth's own additions. */
export interface ApiErrorBody {
  readonly message: string;
  readonly code?: string;
  readonly hint?: string;
}

/** Bytes are a terminal's or a single stream's, unframed. */
export const RAW_STREAM = 'application/vnd.docker.raw-stream';
/** Bytes are frames of an 8-byte header (stream number, three zeros, length as big-endian u32) and a payload. */
export const MULTIPLEXED_STREAM = 'application/vnd.docker.multiplexed-stream';

/**
 * Berth's own request header of `POST /containers/create`, value `UID:GID`: who gets the directories that are made for bind
 * mounts. Whoever may speak to the engine could give them away anyway.
 */
export const CALLER_HEADER = 'x-berth-caller';

/** Berth's own request header of `POST /containers/create`, value `1`: the client starts the container next. */
export const START_FOLLOWS_HEADER = 'x-berth-start-follows';

/**
 * Berth's own request header, value `1`: neighbouring log messages of one stream may share a frame, which is faster to read.
 * Without it each message has a frame of its own, which some clients take for lines.
 */
export const JOIN_FRAMES_HEADER = 'x-berth-join-frames';
