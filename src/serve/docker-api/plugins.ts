/** `/plugins`: Berth runs no plugins, so that none is there. */
import { BerthError } from '#base/errors.ts';
import { checkFilters, parseFilters } from './filters.ts';
import type { RequestContext } from './request-context.ts';
import { json } from './responses.ts';
import type { Route } from './router.ts';

function unknown(context: RequestContext): BerthError {
  return new BerthError('not-found', 'plugin.not-found', `plugin "${context.parameter('name')}" not found`);
}

function unsupported(): BerthError {
  return new BerthError('unsupported', 'api.absent', 'plugins are not supported');
}

function refusing(method: Route['method'], path: string, refuse: (context: RequestContext) => BerthError): Route {
  return { method, path, handle: (context) => Promise.reject(refuse(context)) };
}

export function pluginRoutes(): Route[] {
  return [
    {
      method: 'GET',
      path: '/plugins',
      handle: async (context) => {
        checkFilters(parseFilters(context.text('filters')), ['enabled', 'capability']);
        return json([]);
      },
    },
    refusing('GET', '/plugins/privileges', unsupported),
    refusing('POST', '/plugins/pull', unsupported),
    refusing('POST', '/plugins/create', unsupported),
    refusing('GET', '/plugins/{name*}/json', unknown),
    ...['enable', 'disable', 'push', 'upgrade', 'set'].map((verb) =>
      refusing('POST', `/plugins/{name*}/${verb}`, unknown),
    ),
    refusing('DELETE', '/plugins/{name*}', unknown),
  ];
}
