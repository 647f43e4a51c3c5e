/** `/debug/vars`: how the process itself is, for whoever looks for a leak. Only while the daemon debugs. */
import { getActiveResourcesInfo, memoryUsage, resourceUsage, uptime } from 'node:process';
import { getHeapStatistics } from 'node:v8';
import type { ApiResponse, Dispatch } from '#spec/docker-api/exchange.ts';

function countByName(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function facts(): ApiResponse {
  const value = {
    uptimeSeconds: uptime(),
    memory: memoryUsage(),
    heap: getHeapStatistics(),
    usage: resourceUsage(),
    active: countByName(getActiveResourcesInfo()),
  };
  return { status: 200, headers: { 'content-type': 'application/json' }, body: { kind: 'json', value } };
}

/** @param isOn asked at every request */
export function debugging(dispatch: Dispatch, isOn: () => boolean): Dispatch {
  return async (request) =>
    request.method === 'GET' && isOn() && request.path.replace(/^\/v\d+\.\d+/, '') === '/debug/vars'
      ? facts()
      : dispatch(request);
}
