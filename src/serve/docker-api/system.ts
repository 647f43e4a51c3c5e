/** `/events`, `/info`, `/version`, `/_ping`, `/system/df`, and Berth's own `/system/fsck`. */
import { BerthError } from '#base/errors.ts';
import type { Events } from '#engine/events/api.ts';
import type { System } from '#engine/system/api.ts';
import type { ApiResponse } from '#spec/docker-api/exchange.ts';
import type { DiskUsageType, EventMessage } from '#spec/docker-api/system.ts';
import { parseFilters } from './filters.ts';
import { infoFor, isBefore, isEventOf, usageFor } from './older-shapes.ts';
import { registryCredentials } from './registry-auth.ts';
import type { RequestContext } from './request-context.ts';
import { json, lines } from './responses.ts';
import type { Route } from './router.ts';
import { API_VERSION } from './router.ts';

export interface SystemBackend {
  readonly events: Pick<Events, 'read'>;
  readonly system: System;
}

const DISK_USAGE_TYPES: readonly string[] = ['container', 'image', 'volume', 'build-cache'];

function isDiskUsageType(text: string): text is DiskUsageType {
  return DISK_USAGE_TYPES.includes(text);
}

async function diskUsage(backend: SystemBackend, context: RequestContext): Promise<ApiResponse> {
  const types = context.texts('type').map((type) => {
    if (isDiskUsageType(type)) return type;
    throw new BerthError('invalid', 'api.df-type', `unknown object type: ${type}`);
  });
  return json(
    usageFor(context.version, await backend.system.diskUsage(isBefore(context.version, '1.42') ? [] : types)),
  );
}

async function* olderEvents(events: AsyncIterable<EventMessage>, version: string): AsyncGenerator<EventMessage> {
  for await (const event of events) if (isEventOf(version, event)) yield event;
}

function events(backend: SystemBackend, context: RequestContext): ApiResponse {
  const since = context.text('since');
  const until = context.text('until');
  const query = {
    filters: parseFilters(context.text('filters')),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
  const read = backend.events.read(query, context.abort);
  return lines(isBefore(context.version, '1.46') ? olderEvents(read, context.version) : read);
}

async function ping(): Promise<ApiResponse> {
  return {
    status: 200,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-cache, no-store, must-revalidate',
      pragma: 'no-cache',
      'api-version': API_VERSION,
      // The classic builder's number: BuildKit's would make clients open a session that nobody answers.
      'builder-version': '1',
      'docker-experimental': 'false',
      ostype: 'linux',
      swarm: 'inactive',
    },
    body: { kind: 'text', text: 'OK' },
  };
}

export function systemRoutes(backend: SystemBackend): Route[] {
  return [
    { method: 'GET', path: '/_ping', handle: ping },
    { method: 'HEAD', path: '/_ping', handle: ping },
    {
      method: 'GET',
      path: '/info',
      handle: async (context) => json(infoFor(context.version, await backend.system.info())),
    },
    { method: 'GET', path: '/version', handle: async () => json(await backend.system.version()) },
    { method: 'GET', path: '/events', handle: async (context) => events(backend, context) },
    { method: 'GET', path: '/system/df', handle: (context) => diskUsage(backend, context) },
    { method: 'GET', path: '/system/storage', handle: async () => json(await backend.system.storage()) },
    {
      method: 'POST',
      path: '/system/fsck',
      handle: async (context) => {
        const credentials = registryCredentials(context.request.headers);
        return json(await backend.system.check({ repair: context.flag('repair'), credentials, abort: context.abort }));
      },
    },
  ];
}
