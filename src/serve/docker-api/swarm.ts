/** `/swarm`, `/nodes`, `/services`, `/tasks`, `/secrets`, `/configs`: what an engine outside a swarm answers. */
import { BerthError } from '#base/errors.ts';
import type { RequestContext } from './request-context.ts';
import type { Route } from './router.ts';

const PARTS = ['swarm', 'nodes', 'services', 'tasks', 'secrets', 'configs'];
export const NO_MANAGER =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';

function noManager(): BerthError {
  return new BerthError('unavailable', 'api.no-swarm', NO_MANAGER);
}

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'api.swarm', message);
}

/** Docker reads the version of what is to change before it looks for a swarm. */
function update(context: RequestContext, what: string, isLong: boolean): BerthError {
  const version = context.text('version') ?? '';
  if (/^\d{1,20}$/.test(version)) return noManager();
  if (!isLong) return invalid(`invalid ${what} version`);
  return invalid(
    `invalid ${what} version '${version}': strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`,
  );
}

function logs(context: RequestContext): BerthError {
  const isAnyChosen = context.flag('stdout') || context.flag('stderr');
  return isAnyChosen ? noManager() : invalid('Bad parameters: you must choose at least one stream');
}

function beginSwarm(): BerthError {
  return new BerthError('unsupported', 'api.swarm', 'swarm mode is not supported: this engine serves one machine');
}

function refusing(method: Route['method'], path: string, refuse: (context: RequestContext) => BerthError): Route {
  return { method, path, handle: (context) => Promise.reject(refuse(context)) };
}

export function swarmRoutes(): Route[] {
  const updates = (
    [
      ['/nodes/{id}/update', 'node', true],
      ['/swarm/update', 'swarm', true],
      ['/services/{id}/update', 'service', true],
      ['/secrets/{id}/update', 'secret', false],
      ['/configs/{id}/update', 'config', false],
    ] as const
  ).map(([path, what, isLong]) => refusing('POST', path, (context) => update(context, what, isLong)));
  return [
    ...updates,
    refusing('POST', '/swarm/init', beginSwarm),
    refusing('POST', '/swarm/join', beginSwarm),
    refusing(
      'POST',
      '/swarm/leave',
      () => new BerthError('unavailable', 'api.no-swarm', 'This node is not part of a swarm'),
    ),
    refusing('GET', '/services/{id}/logs', logs),
    refusing('GET', '/tasks/{id}/logs', logs),
    ...PARTS.flatMap((part) => [`/${part}`, `/${part}/{rest*}`]).map((path) => refusing('*', path, noManager)),
  ];
}
