import type { ApiRequest, Dispatch } from '#spec/docker-api/exchange.ts';

/** What goes on until the client has enough: nobody who ends the daemon should wait for that. */
const ENDLESS = /^(\/v\d+\.\d+)?(\/events|\/containers\/[^/]+\/(logs|stats|wait))$/;

/** @param ending aborted when the daemon ends: answers that would have no end then end */
export function endingWith(dispatch: Dispatch, ending: AbortSignal): Dispatch {
  return (request: ApiRequest) => {
    if (!ENDLESS.test(request.path)) return dispatch(request);
    const abort = request.abort === undefined ? ending : AbortSignal.any([request.abort, ending]);
    return dispatch({ ...request, abort });
  };
}
