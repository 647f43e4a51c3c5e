/** `/containers/{id}/archive|export|changes` and `/commit`: the files of a container. */
import { BerthError } from '#base/errors.ts';
import type { Archives } from '#engine/archive/api.ts';
import type { ContainerConfig, Loose } from '#spec/docker-api/containers.ts';
import type { ApiResponse } from '#spec/docker-api/exchange.ts';
import type { PathStat } from '#spec/docker-api/images.ts';
import { CONTAINER_CONFIG } from './bodies.ts';
import { decodeBody } from './body-shape.ts';
import type { RequestContext } from './request-context.ts';
import { bytes, empty, json } from './responses.ts';
import type { Route } from './router.ts';

function statHeader(stat: PathStat): Readonly<Record<string, string>> {
  return { 'x-docker-container-path-stat': Buffer.from(JSON.stringify(stat)).toString('base64') };
}

function pathOf(context: RequestContext): string {
  const path = context.text('path');
  if (path === undefined) throw new BerthError('invalid', 'api.archive', "bad parameter: 'path' cannot be empty");
  return path;
}

async function put(backend: Archives, context: RequestContext): Promise<ApiResponse> {
  const options = {
    noOverwriteDirNonDir: context.flag('noOverwriteDirNonDir'),
    copyUidGid: context.flag('copyUIDGID'),
  };
  await backend.put(context.parameter('ref'), pathOf(context), context.bytes(), options, context.abort);
  return empty(200);
}

async function commit(backend: Archives, context: RequestContext): Promise<ApiResponse> {
  const given = await context.json({ optional: true });
  const container = context.text('container');
  if (container === undefined) throw new BerthError('invalid', 'container.no-name', 'invalid name or ID supplied: ""');
  const config =
    given === undefined || given === null ? undefined : decodeBody<Loose<ContainerConfig>>(given, CONTAINER_CONFIG);
  const repository = context.text('repo');
  const tag = context.text('tag');
  const comment = context.text('comment');
  const author = context.text('author');
  const id = await backend.commit(
    container,
    {
      pause: context.flagOr('pause', true),
      changes: context.texts('changes').flatMap((change) => change.split('\n')),
      ...(repository === undefined ? {} : { repository }),
      ...(tag === undefined ? {} : { tag }),
      ...(comment === undefined ? {} : { comment }),
      ...(author === undefined ? {} : { author }),
    },
    config,
  );
  return json({ Id: id }, 201);
}

export function containerFileRoutes(backend: Archives): Route[] {
  const archive = '/containers/{ref}/archive';
  return [
    {
      method: 'HEAD',
      path: archive,
      handle: async (context) => empty(200, statHeader(await backend.stat(context.parameter('ref'), pathOf(context)))),
    },
    {
      method: 'GET',
      path: archive,
      handle: async (context) => {
        const { stream, stat } = await backend.get(context.parameter('ref'), pathOf(context), context.abort);
        return bytes(stream, 'application/x-tar', statHeader(stat));
      },
    },
    { method: 'PUT', path: archive, handle: (context) => put(backend, context) },
    {
      method: 'GET',
      path: '/containers/{ref}/export',
      handle: async (context) =>
        bytes(await backend.export(context.parameter('ref'), context.abort), 'application/octet-stream'),
    },
    {
      method: 'GET',
      path: '/containers/{ref}/changes',
      handle: async (context) => {
        const changes = await backend.changes(context.parameter('ref'));
        return json(changes.length === 0 ? null : changes);
      },
    },
    { method: 'POST', path: '/commit', handle: (context) => commit(backend, context) },
  ];
}
