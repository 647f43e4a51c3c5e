import type { Engine } from '#engine/engine.ts';
import type { Dispatch } from '#spec/docker-api/exchange.ts';
import { absentRoutes } from './absent.ts';
import { containerFileRoutes } from './container-files.ts';
import { containerOutputRoutes } from './container-output.ts';
import { containerRoutes } from './containers.ts';
import { examineRoutes } from './examine.ts';
import { execRoutes } from './execs.ts';
import { imageRoutes } from './images.ts';
import { networkRoutes } from './networks.ts';
import { pluginRoutes } from './plugins.ts';
import { registryRoutes } from './registries.ts';
import { createRouter } from './router.ts';
import { swarmRoutes } from './swarm.ts';
import { systemRoutes } from './system.ts';
import { volumeRoutes } from './volumes.ts';

export type ApiBackend = Pick<
  Engine,
  'archives' | 'containers' | 'events' | 'execs' | 'images' | 'logs' | 'networks' | 'stats' | 'system' | 'volumes'
>;

/** The whole Docker Engine API over one engine; for use in process, and behind `serveHttp`. */
export function dispatchTo(engine: ApiBackend): Dispatch {
  return createRouter([
    ...containerRoutes(engine.containers),
    ...containerOutputRoutes(engine),
    ...containerFileRoutes(engine.archives),
    ...execRoutes(engine.execs),
    ...swarmRoutes(),
    ...pluginRoutes(),
    ...absentRoutes(),
    ...examineRoutes(engine.images.examine),
    ...imageRoutes(engine.images),
    ...registryRoutes(engine.images),
    ...systemRoutes(engine),
    ...volumeRoutes(engine.volumes),
    ...networkRoutes(engine.networks),
  ]);
}
