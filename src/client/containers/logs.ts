import type { Readable } from 'node:stream';
import { BerthError, messageOf } from '#base/errors.ts';
import { JOIN_FRAMES_HEADER, MULTIPLEXED_STREAM } from '#spec/docker-api/exchange.ts';
import type { LogsQuery } from '#spec/docker-api/system.ts';
import { toApiTimestamp } from '#spec/docker-api/timestamp.ts';
import type { Api } from '../api.ts';
import { segment, send } from '../api.ts';
import { bodyStream } from '../response.ts';

export interface LogStream {
  readonly stream: Readable;
  /** True: frames of two streams, see `demultiplex`. False: raw bytes. Undefined: the engine did not say (API before 1.42). */
  readonly multiplexed: boolean | undefined;
}

function apiTime(name: string, text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    return toApiTimestamp(text, Date.now());
  } catch (error) {
    throw new BerthError('invalid', 'time.invalid', `invalid value for "${name}": ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Times in every form that `docker logs --since` takes. @throws not-found, invalid when neither stream is asked for, unsupported when the log driver cannot be read */
export async function containerLogs(api: Api, ref: string, query: LogsQuery, abort?: AbortSignal): Promise<LogStream> {
  const { follow, stdout, stderr, since, until, timestamps, details, tail } = query;
  const response = await send(api, {
    method: 'GET',
    path: `/containers/${segment(ref)}/logs`,
    query: {
      follow,
      stdout,
      stderr,
      since: apiTime('since', since),
      until: apiTime('until', until),
      timestamps,
      details,
      tail,
    },
    headers: { [JOIN_FRAMES_HEADER]: '1' },
    abort,
  });
  const type = response.headers['content-type'];
  return {
    stream: bodyStream(response),
    multiplexed: type === undefined ? undefined : type === MULTIPLEXED_STREAM,
  };
}
