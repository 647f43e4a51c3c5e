/** `/containers/{id}/attach|logs|resize|stats|top`: what comes out of a container. */
import { BerthError } from '#base/errors.ts';
import type { Containers } from '#engine/containers/api.ts';
import type { Logs } from '#engine/logs/api.ts';
import type { Stats } from '#engine/stats/api.ts';
import type { ApiResponse } from '#spec/docker-api/exchange.ts';
import { JOIN_FRAMES_HEADER, MULTIPLEXED_STREAM } from '#spec/docker-api/exchange.ts';
import { lateStream } from './late-stream.ts';
import { isBefore } from './older-shapes.ts';
import { prepend } from './prepend.ts';
import { RequestContext } from './request-context.ts';
import { bytes, empty, json, lines, processStream, streamType } from './responses.ts';
import type { Route } from './router.ts';
import { API_VERSION } from './router.ts';
import { terminalSize } from './terminal-size.ts';
import { unframed } from './unframed.ts';

export interface ContainerOutputBackend {
  readonly containers: Pick<Containers, 'attach' | 'resize'>;
  readonly logs: Logs;
  readonly stats: Stats;
}

interface WantedStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

function wantedStreams(context: RequestContext): WantedStreams {
  return { stdin: context.flag('stdin'), stdout: context.flag('stdout'), stderr: context.flag('stderr') };
}

async function attach(
  backend: ContainerOutputBackend,
  context: RequestContext,
  wanted = wantedStreams(context),
): Promise<ApiResponse> {
  const ref = context.parameter('ref');
  const detachKeys = context.text('detachKeys');
  // Attached before the log is read: what is written in between comes twice at worst, never not at all.
  const { stream, tty } = await backend.containers.attach(ref, {
    ...wanted,
    stream: context.flag('stream'),
    ...(detachKeys === undefined ? {} : { detachKeys }),
  });
  const { upgrade = false, headFirst = false } = context.request;
  if (!context.flag('logs')) return processStream(stream, !tty, context.version, upgrade);
  const withLog = async () => {
    const log = await backend.logs.read(ref, { stdout: wanted.stdout, stderr: wanted.stderr });
    return prepend(log.stream, stream);
  };
  // Some clients lose output that comes along with the head of the answer.
  const both = upgrade && headFirst ? lateStream(withLog) : await withLog();
  return processStream(both, !tty, context.version, upgrade);
}

/** The same through a WebSocket, where both streams come as one without frames. */
async function attachWebSocket(backend: ContainerOutputBackend, context: RequestContext): Promise<ApiResponse> {
  if (context.request.headers?.['upgrade']?.toLowerCase() !== 'websocket')
    throw new BerthError('invalid', 'api.websocket', 'the request is no handshake of a websocket');
  // Of the newest version, which says whether there are frames.
  const newest = new RequestContext(context.request, context.parameters, API_VERSION);
  // Until 1.41 it was always all of them.
  const all = { stdin: true, stdout: true, stderr: true };
  const answer = await attach(backend, newest, isBefore(context.version, '1.42') ? all : wantedStreams(context));
  if (answer.body.kind !== 'upgraded' || answer.headers['content-type'] !== MULTIPLEXED_STREAM) return answer;
  return { ...answer, body: { kind: 'upgraded', stream: unframed(answer.body.stream) } };
}

/** Docker's own client copies what is in frames, and takes longer for each frame than for what is in it; others may take one for a line. */
function takesJoinedFrames({ request: { headers = {} } }: RequestContext): boolean {
  return headers[JOIN_FRAMES_HEADER] === '1' || headers['user-agent']?.startsWith('Docker-Client/') === true;
}

async function logs(backend: ContainerOutputBackend, context: RequestContext): Promise<ApiResponse> {
  const stdout = context.flag('stdout');
  const stderr = context.flag('stderr');
  if (!stdout && !stderr)
    throw new BerthError('invalid', 'api.logs', 'Bad parameters: you must choose at least one stream');
  const since = context.text('since');
  const until = context.text('until');
  const tail = context.text('tail');
  const query = {
    stdout,
    stderr,
    follow: context.flag('follow'),
    timestamps: context.flag('timestamps'),
    details: context.flag('details'),
    joinFrames: takesJoinedFrames(context),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(tail === undefined ? {} : { tail }),
  };
  const { stream, multiplexed } = await backend.logs.read(context.parameter('ref'), query, context.abort);
  return bytes(stream, streamType(multiplexed, context.version));
}

async function stats(backend: ContainerOutputBackend, context: RequestContext): Promise<ApiResponse> {
  const stream = context.flagOr('stream', true);
  const oneShot = !isBefore(context.version, '1.41') && context.flag('one-shot');
  if (stream && oneShot) throw new BerthError('invalid', 'api.stats', 'cannot have stream=true and one-shot=true');
  return lines(await backend.stats.read(context.parameter('ref'), { stream, oneShot }, context.abort));
}

export function containerOutputRoutes(backend: ContainerOutputBackend): Route[] {
  return [
    { method: 'POST', path: '/containers/{ref}/attach', handle: (context) => attach(backend, context) },
    { method: 'GET', path: '/containers/{ref}/attach/ws', handle: (context) => attachWebSocket(backend, context) },
    { method: 'GET', path: '/containers/{ref}/logs', handle: (context) => logs(backend, context) },
    { method: 'GET', path: '/containers/{ref}/stats', handle: (context) => stats(backend, context) },
    {
      method: 'GET',
      path: '/containers/{ref}/top',
      handle: async (context) => json(await backend.stats.top(context.parameter('ref'), context.text('ps_args'))),
    },
    {
      method: 'POST',
      path: '/containers/{ref}/resize',
      handle: async (context) => {
        await backend.containers.resize(context.parameter('ref'), terminalSize(context));
        return empty(200);
      },
    },
  ];
}
