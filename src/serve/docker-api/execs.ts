/** `/containers/{id}/exec` and `/exec/...`: processes added to running containers. */
import type { Duplex } from 'node:stream';
import { PassThrough } from 'node:stream';
import { BerthError } from '#base/errors.ts';
import type { Execs } from '#engine/exec/api.ts';
import type { ExecConfig, ExecStartConfig } from '#spec/docker-api/containers.ts';
import type { ApiResponse } from '#spec/docker-api/exchange.ts';
import { EXEC_CONFIG, EXEC_START } from './bodies.ts';
import { decodeBody } from './body-shape.ts';
import { framed } from './framed.ts';
import { lateStream } from './late-stream.ts';
import { isBefore } from './older-shapes.ts';
import type { RequestContext } from './request-context.ts';
import { empty, json, processStream } from './responses.ts';
import type { Route } from './router.ts';
import { terminalSize } from './terminal-size.ts';
import { unframed } from './unframed.ts';

async function create(backend: Execs, context: RequestContext): Promise<ApiResponse> {
  const config = withoutSize(decodeBody<ExecConfig>(await context.json(), EXEC_CONFIG), context);
  if ((config.Cmd ?? []).length === 0) throw new BerthError('invalid', 'exec.no-command', 'No exec command specified');
  return json(await backend.create(context.parameter('ref'), config), 201);
}

function endedStream(): Duplex {
  const stream = new PassThrough();
  stream.end();
  return stream;
}

/** Whether output has frames is the starter's word, whatever the exec was created with. */
function framedAs(config: ExecStartConfig, stream: Duplex, tty: boolean): Duplex {
  if (tty === (config.Tty === true)) return stream;
  return tty ? framed(stream) : unframed(stream);
}

/** Sizes of terminals come with the request since 1.42. */
function withoutSize<T extends { readonly ConsoleSize?: unknown }>(config: T, context: RequestContext): T {
  return isBefore(context.version, '1.42') ? { ...config, ConsoleSize: null } : config;
}

/**
 * Over HTTP the head of the answer goes out before the process starts, as docker does it: some clients lose output that comes
 * along with the head. Failures of the start are then part of the output, which is how the backend tells them.
 */
async function startAfterHead(
  backend: Execs,
  id: string,
  config: ExecStartConfig,
  context: RequestContext,
): Promise<ApiResponse | undefined> {
  const { Running, ExitCode } = await backend.inspect(id);
  if (Running || ExitCode !== null) return undefined;
  const stream = lateStream(async () => {
    const started = await backend.start(id, config);
    return started.stream === undefined ? endedStream() : framedAs(config, started.stream, started.tty);
  });
  return processStream(stream, config.Tty !== true, context.version, true);
}

async function start(backend: Execs, context: RequestContext): Promise<ApiResponse> {
  const body = (await context.json({ optional: true })) ?? {};
  const config = withoutSize(decodeBody<ExecStartConfig>(body, EXEC_START), context);
  const id = context.parameter('id');
  const { upgrade = false, headFirst = false } = context.request;
  if (upgrade && headFirst && !config.Detach) {
    const answer = await startAfterHead(backend, id, config, context);
    if (answer !== undefined) return answer;
  }
  const { stream, tty } = await backend.start(id, config);
  if (stream === undefined) return empty(200);
  return processStream(framedAs(config, stream, tty), config.Tty !== true, context.version, upgrade);
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
