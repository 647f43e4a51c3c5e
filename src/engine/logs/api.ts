import type { Readable } from 'node:stream';
import type { LogsQuery } from '#spec/docker-api/system.ts';

export interface ReadLog {
  /** True: Docker's 8-byte-header frames; false: the bytes of a terminal. */
  readonly multiplexed: boolean;
  readonly stream: Readable;
}

/** Logs of containers. */
export interface Logs {
  /** @throws not-found, invalid for bad times or no stream, unsupported when the log driver cannot be read */
  read(ref: string, query: LogsQuery, abort?: AbortSignal): Promise<ReadLog>;
}
