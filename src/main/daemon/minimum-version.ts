import { BerthError } from '#base/errors.ts';
import { errorResponse } from '#serve/docker-api/errors-to-http.ts';
import type { Dispatch } from '#spec/docker-api/exchange.ts';

/** `1.44` as 44: there has been no other first number. */
const minorOf = (version: string): number => Number(version.split('.')[1]);

/** @param least older clients than that are refused, in docker's words */
export function refusingOlder(dispatch: Dispatch, least: string | undefined): Dispatch {
  return async (request) => {
    const version = /^\/v(1\.\d+)\//.exec(request.path)?.[1];
    if (version === undefined || least === undefined || minorOf(version) >= minorOf(least)) return dispatch(request);
    const message = `client version ${version} is too old. Minimum supported API version is ${least}, please upgrade your client to a newer version`;
    return errorResponse(new BerthError('invalid', 'api.version', message));
  };
}
