import type { Duplex } from 'node:stream';
import { BerthError } from '#base/errors.ts';
import type { ApiResponse } from '#spec/docker-api/exchange.ts';
import { MULTIPLEXED_STREAM } from '#spec/docker-api/exchange.ts';
import { discardBody } from './response.ts';

/** A connection taken over from HTTP: outwards the process's output, inwards its input; `end()` half-closes. */
export interface Hijacked {
  readonly stream: Duplex;
  /** True: frames of two streams, see `demultiplex`. False: raw bytes. Undefined: the engine did not say (API before 1.42). */
  readonly multiplexed: boolean | undefined;
}

/** @throws internal when the engine answered an upgrade request without upgrading */
export function hijackedFrom(response: ApiResponse): Hijacked {
  const type = response.headers['content-type'];
  if (response.body.kind === 'upgraded')
    return { stream: response.body.stream, multiplexed: type === undefined ? undefined : type === MULTIPLEXED_STREAM };
  discardBody(response);
  const message = `unable to upgrade to tcp, received ${response.status}`;
  throw new BerthError('internal', 'client.not-upgraded', message, { details: { status: response.status } });
}
