/** `/volumes`: Docker's calls, and Berth's own to rename, clone, export and import. */
import { BerthError } from '#base/errors.ts';
import type { Volumes } from '#engine/volumes/api.ts';
import type { ApiResponse } from '#spec/docker-api/exchange.ts';
import type { VolumeCloneRequest, VolumeCreateRequest } from '#spec/docker-api/volumes.ts';
import { decodeBody, STRING_MAP, type Struct } from './body-shape.ts';
import { parseFilters } from './filters.ts';
import type { RequestContext } from './request-context.ts';
import { bytes, empty, json } from './responses.ts';
import type { Route } from './router.ts';
import { NO_MANAGER } from './swarm.ts';

const VOLUME_CREATE: Struct = {
  struct: 'CreateOptions',
  fields: {
    Name: 'string',
    Driver: 'string',
    DriverOpts: STRING_MAP,
    Labels: STRING_MAP,
    ClusterVolumeSpec: 'any',
  },
};

const VOLUME_CLONE: Struct = { struct: 'CloneOptions', fields: { Name: 'string', Labels: STRING_MAP } };

/** From this API version on `volume prune` takes only anonymous volumes unless told otherwise. */
const PRUNES_ANONYMOUS_FROM = 42;

async function create(volumes: Volumes, context: RequestContext): Promise<ApiResponse> {
  const body = decodeBody<VolumeCreateRequest & { ClusterVolumeSpec?: unknown }>(await context.json(), VOLUME_CREATE);
  if (body.ClusterVolumeSpec != null) throw new BerthError('unavailable', 'api.no-swarm', NO_MANAGER);
  return json(await volumes.create(body), 201);
}

async function remove(volumes: Volumes, context: RequestContext): Promise<ApiResponse> {
  await volumes.remove(context.parameter('name'), { force: context.flag('force') });
  return empty(204);
}

async function prune(volumes: Volumes, context: RequestContext): Promise<ApiResponse> {
  const filters = parseFilters(context.text('filters'));
  const isOld = Number(context.version.split('.')[1]) < PRUNES_ANONYMOUS_FROM;
  return json(await volumes.prune(isOld && filters['all'] === undefined ? { ...filters, all: ['true'] } : filters));
}

function refuseUpdate(): Promise<never> {
  const message = 'volume update only valid for cluster volumes, but swarm is unavailable';
  return Promise.reject(new BerthError('unavailable', 'volume.update', message));
}

async function rename(volumes: Volumes, context: RequestContext): Promise<ApiResponse> {
  await volumes.rename(context.parameter('name'), context.text('name') ?? '');
  return empty(204);
}

async function clone(volumes: Volumes, context: RequestContext): Promise<ApiResponse> {
  const body = decodeBody<VolumeCloneRequest>(await context.json(), VOLUME_CLONE);
  return json(await volumes.clone(context.parameter('name'), { ...body, Name: body.Name ?? '' }), 201);
}

async function exportTar(volumes: Volumes, context: RequestContext): Promise<ApiResponse> {
  const stream = await volumes.export(context.parameter('name'), context.abort);
  return bytes(stream, 'application/x-tar');
}

async function importTar(volumes: Volumes, context: RequestContext): Promise<ApiResponse> {
  return json(await volumes.import(context.parameter('name'), context.bytes()));
}

export function volumeRoutes(volumes: Volumes): Route[] {
  return [
    {
      method: 'GET',
      path: '/volumes',
      handle: async (context) => json(await volumes.list(parseFilters(context.text('filters')))),
    },
    { method: 'POST', path: '/volumes/create', handle: (context) => create(volumes, context) },
    { method: 'POST', path: '/volumes/prune', handle: (context) => prune(volumes, context) },
    {
      method: 'GET',
      path: '/volumes/{name}',
      handle: async (context) => json(await volumes.inspect(context.parameter('name'))),
    },
    { method: 'PUT', path: '/volumes/{name}', handle: refuseUpdate },
    { method: 'DELETE', path: '/volumes/{name}', handle: (context) => remove(volumes, context) },
    { method: 'POST', path: '/volumes/{name}/rename', handle: (context) => rename(volumes, context) },
    { method: 'POST', path: '/volumes/{name}/clone', handle: (context) => clone(volumes, context) },
    { method: 'GET', path: '/volumes/{name}/archive', handle: (context) => exportTar(volumes, context) },
    { method: 'PUT', path: '/volumes/{name}/archive', handle: (context) => importTar(volumes, context) },
  ];
}
