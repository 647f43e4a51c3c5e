/** `/containers/{id}/exec` and `/exec/...`: processes added to running containers. */
import { BerthError } from '#base/errors.ts';
import type { Execs } from '#engine/exec/api.ts';
import type { ExecConfig, ExecStartConfig } from '#spec/docker-api/containers.ts';
import type { ApiResponse } from '#spec/docker-api/exchange.ts';
import { EXEC_CONFIG, EXEC_START } from './bodies.ts';
import { decodeBody } from './body-shape.ts';
import type { RequestContext } from './request-context.ts';
import { empty, json, processStream } from './responses.ts';
import type { Route } from './router.ts';
import { terminalSize } from './terminal-size.ts';

async function create(backend: Execs, context: RequestContext): Promise<ApiResponse> {
  const config = decodeBody<ExecConfig>(await context.json(), EXEC_CONFIG);
  if ((config.Cmd ?? []).length === 0) throw new BerthError('invalid', 'exec.no-command', 'No exec command specified');
  return json(await backend.create(context.parameter('ref'), config), 201);
}

async function start(backend: Execs, context: RequestContext): Promise<ApiResponse> {
  const config = decodeBody<ExecStartConfig>((await context.json({ optional: true })) ?? {}, EXEC_START);
  const { stream, tty } = await backend.start(context.parameter('id'), config);
  if (stream === undefined) return empty(200);
  return processStream(stream, !tty, context.version, context.request.upgrade === true);
}

export function execRoutes(backend: Execs): Route[] {
  return [
    { method: 'POST', path: '/containers/{ref}/exec', handle: (context) => create(backend, context) },
    { method: 'POST', path: '/exec/{id}/start', handle: (context) => start(backend, context) },
    {
      method: 'POST',
      path: '/exec/{id}/resize',
      handle: async (context) => {
        await backend.resize(context.parameter('id'), terminalSize(context));
        return empty(200);
      },
    },
    {
      method: 'GET',
      path: '/exec/{id}/json',
      handle: async (context) => json(await backend.inspect(context.parameter('id'))),
    },
  ];
}
