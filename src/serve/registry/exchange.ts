/** What the handlers of the registry's routes take and give. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Registry } from '#engine/registry/api.ts';

/** One request. */
export interface Call {
  readonly registry: Registry;
  readonly message: IncomingMessage;
  readonly method: string;
  readonly query: URLSearchParams;
  /** Whether who asks may pull from another repository as well. */
  mayPull(repository: string): Promise<boolean>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | readonly string[]>>;
  /** A stream's length is in the headers. */
  readonly body?: Buffer | Readable;
}

/** An answer of JSON. */
export function json(status: number, value: unknown, headers: Answer['headers'] = {}): Answer {
  const body = Buffer.from(JSON.stringify(value));
  return { status, headers: { 'Content-Type': 'application/json', ...headers, 'Content-Length': body.length }, body };
}

/** An answer without a body. */
export function empty(status: number, headers: Answer['headers'] = {}): Answer {
  return { status, headers: status === 204 ? headers : { ...headers, 'Content-Length': 0 } };
}
