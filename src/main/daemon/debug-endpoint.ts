/** `/debug/…`: how the process itself is, for whoever looks for a leak or for lost time. Only while the daemon debugs. */
import { getActiveResourcesInfo, memoryUsage, resourceUsage, uptime } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { getHeapSnapshot, getHeapStatistics } from 'node:v8';
import { BerthError } from '#base/errors.ts';
import { errorResponse } from '#serve/docker-api/errors-to-http.ts';
import type { ApiRequest, ApiResponse, Dispatch } from '#spec/docker-api/exchange.ts';

const DEFAULT_SECONDS = 10;
const MOST_SECONDS = 300;

function countByName(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function json(value: unknown): ApiResponse {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: { kind: 'json', value } };
}

function facts(): ApiResponse {
  return json({
    uptimeSeconds: uptime(),
    memory: memoryUsage(),
    heap: getHeapStatistics(),
    usage: resourceUsage(),
    active: countByName(getActiveResourcesInfo()),
  });
}

/** What the heap holds, in the form that the browsers' developer tools open (`.heapsnapshot`). */
function heap(): ApiResponse {
  const headers = { 'content-type': 'application/octet-stream' };
  return { status: 200, headers, body: { kind: 'stream', stream: getHeapSnapshot() } };
}

/** Where time goes for so many seconds (`.cpuprofile`). */
async function profile({ query, abort }: ApiRequest): Promise<ApiResponse> {
  const text = String(query?.['seconds'] ?? DEFAULT_SECONDS);
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= MOST_SECONDS))
    throw new BerthError('invalid', 'debug.seconds', `invalid seconds: ${text}: wanted up to ${MOST_SECONDS}`);
  const { Session } = await import('node:inspector/promises');
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    await sleep(seconds * 1000, undefined, abort === undefined ? {} : { signal: abort });
    return json((await session.post('Profiler.stop')).profile);
  } finally {
    session.disconnect();
  }
}

const PAGES: Readonly<Record<string, (request: ApiRequest) => ApiResponse | Promise<ApiResponse>>> = {
  '/debug/vars': facts,
  '/debug/heap': heap,
  '/debug/profile': profile,
};

/** @param isOn asked at every request */
export function debugging(dispatch: Dispatch, isOn: () => boolean): Dispatch {
  return async (request) => {
    const path = request.path.replace(/^\/v\d+\.\d+/, '');
    const page = request.method === 'GET' && Object.hasOwn(PAGES, path) && isOn() ? PAGES[path] : undefined;
    if (page === undefined) return dispatch(request);
    try {
      return await page(request);
    } catch (error) {
      return errorResponse(error);
    }
  };
}
