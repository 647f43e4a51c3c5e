/** Parts of the API that Berth does not have yet: refused by name, so that nobody takes a 404 for "no such object". */
import { BerthError } from '#base/errors.ts';
import { json } from './responses.ts';
import type { Route } from './router.ts';

/** First segment of the path to what it is about. */
const PARTS: Readonly<Record<string, string>> = {
  build: 'building images is',
  session: 'BuildKit is',
  grpc: 'BuildKit is',
};

function refusing(paths: readonly string[], refuse: () => BerthError): Route[] {
  return paths.map((path): Route => ({ method: '*', path, handle: () => Promise.reject(refuse()) }));
}

/** What `docker system prune` also asks for: of what does not exist there is nothing to prune. */
const NOTHING_TO_PRUNE: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  '/build/prune': { CachesDeleted: null, SpaceReclaimed: 0 },
};

function emptyPrunes(): Route[] {
  return Object.entries(NOTHING_TO_PRUNE).map(([path, report]) => ({
    method: 'POST',
    path,
    handle: async () => json(report),
  }));
}

export function absentRoutes(): Route[] {
  const parts = Object.entries(PARTS).flatMap(([first, what]) =>
    refusing(
      [`/${first}`, `/${first}/{rest*}`],
      () => new BerthError('unsupported', 'api.absent', `${what} not supported yet`),
    ),
  );
  return [...emptyPrunes(), ...parts];
}
