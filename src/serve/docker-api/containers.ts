/** `/containers/...`: what happens in a container's life. */
import { BerthError, isBerthError } from '#base/errors.ts';
import type { Containers } from '#engine/containers/api.ts';
import type { ContainerCreateRequest, ContainerUpdateRequest, WaitCondition } from '#spec/docker-api/containers.ts';
import { CALLER_HEADER, START_FOLLOWS_HEADER } from '#spec/docker-api/exchange.ts';
import { CONTAINER_CREATE, CONTAINER_UPDATE } from './bodies.ts';
import { decodeBody } from './body-shape.ts';
import { checkFilters, parseFilters } from './filters.ts';
import { createRequestFor, createWarnings, updateRequestFor } from './older-requests.ts';
import { containerFor, containersFor, isBefore } from './older-shapes.ts';
import type { RequestContext } from './request-context.ts';
import { empty, json } from './responses.ts';
import type { Route } from './router.ts';

export type ContainersBackend = Pick<
  Containers,
  | 'create'
  | 'explain'
  | 'start'
  | 'stop'
  | 'restart'
  | 'kill'
  | 'pause'
  | 'unpause'
  | 'wait'
  | 'remove'
  | 'rename'
  | 'update'
  | 'inspect'
  | 'list'
  | 'prune'
>;

const LIST_FILTERS = [
  'ancestor',
  'before',
  'expose',
  'exited',
  'health',
  'id',
  'isolation',
  'is-task',
  'label',
  'name',
  'network',
  'publish',
  'since',
  'status',
  'volume',
];

function refOf(context: RequestContext): string {
  return context.parameter('ref');
}

async function create(backend: ContainersBackend, context: RequestContext) {
  const { version } = context;
  const body = createRequestFor(version, decodeBody<ContainerCreateRequest>(await context.json(), CONTAINER_CREATE));
  const { HostConfig: _host, NetworkingConfig: _networking, ...config } = body;
  if (Object.keys(config).length === 0)
    throw new BerthError('invalid', 'api.no-config', 'config cannot be empty in order to create a container');
  const name = context.text('name');
  const platform = isBefore(version, '1.41') ? undefined : context.text('platform');
  const options = {
    ...(name === undefined ? {} : { name }),
    ...(platform === undefined ? {} : { platform }),
    ...ownerOf(context),
    startFollows: context.request.headers?.[START_FOLLOWS_HEADER] === '1',
  };
  try {
    const created = await backend.create(body, options);
    return json({ ...created, Warnings: [...created.Warnings, ...createWarnings(version, body)] }, 201);
  } catch (error) {
    // Not found is the image, which clients then pull; another container that is named is a wrong argument.
    if (!isBerthError(error, 'not-found') || error.code !== 'container.not-found') throw error;
    throw new BerthError('invalid', error.code, error.message, { cause: error });
  }
}

function ownerOf(context: RequestContext): { readonly owner?: { readonly uid: number; readonly gid: number } } {
  const match = /^(\d{1,10}):(\d{1,10})$/.exec(context.request.headers?.[CALLER_HEADER] ?? '');
  return match === null ? {} : { owner: { uid: Number(match[1]), gid: Number(match[2]) } };
}

/** Berth's own: what creating and starting such a container would ask of the kernel. */
async function explain(backend: ContainersBackend, context: RequestContext) {
  const body = decodeBody<ContainerCreateRequest>(await context.json(), CONTAINER_CREATE);
  const platform = context.text('platform');
  return json({ Text: await backend.explain(body, platform === undefined ? {} : { platform }) });
}

async function list(backend: ContainersBackend, context: RequestContext) {
  const limit = context.integer('limit');
  const found = await backend.list({
    all: context.flag('all'),
    size: context.flag('size'),
    ...(limit === undefined ? {} : { limit }),
    filters: checkFilters(parseFilters(context.text('filters')), LIST_FILTERS),
  });
  return json(containersFor(context.version, found));
}

function stopOptions(context: RequestContext) {
  const signal = isBefore(context.version, '1.42') ? undefined : context.text('signal');
  const timeout = context.integer('t');
  return { ...(signal === undefined ? {} : { signal }), ...(timeout === undefined ? {} : { timeout }) };
}

function waitCondition(context: RequestContext): WaitCondition {
  // Before 1.30 there was one condition.
  const given = isBefore(context.version, '1.30') ? undefined : context.text('condition');
  const condition = given ?? 'not-running';
  if (condition === 'not-running' || condition === 'next-exit' || condition === 'removed') return condition;
  throw new BerthError('invalid', 'api.wait-condition', `invalid condition: ${JSON.stringify(condition)}`);
}

/** @returns `undefined` when the abort comes first */
function untilAborted<T>(promise: Promise<T>, abort: AbortSignal | undefined): Promise<T | undefined> {
  if (abort === undefined) return promise;
  const aborted = new Promise<undefined>((resolve) => {
    abort.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  return Promise.race([promise, aborted]);
}

/**
 * The head of the answer is sent when the wait is armed: clients wait for it before they start the container. The exit
 * follows as the one document of the body.
 */
async function wait(backend: ContainersBackend, context: RequestContext) {
  const { done } = await backend.wait(refOf(context), waitCondition(context), context.abort);
  const exit = async function* () {
    const ended = await untilAborted(done, context.abort);
    if (ended !== undefined) yield ended;
  };
  const headers = { 'content-type': 'application/json' };
  return { status: 200, headers, body: { kind: 'lines', items: exit() } } as const;
}

async function remove(backend: ContainersBackend, context: RequestContext) {
  await backend.remove(refOf(context), {
    force: context.flag('force'),
    volumes: context.flag('v'),
    link: context.flag('link'),
  });
  return empty(204);
}

async function update(backend: ContainersBackend, context: RequestContext) {
  const body = decodeBody<ContainerUpdateRequest>((await context.json({ optional: true })) ?? {}, CONTAINER_UPDATE);
  return json(await backend.update(refOf(context), updateRequestFor(context.version, body)));
}

async function start(backend: ContainersBackend, context: RequestContext) {
  const detachKeys = context.text('detachKeys');
  await backend.start(refOf(context), detachKeys === undefined ? {} : { detachKeys });
  return empty(204);
}

/** Routes whose handlers answer 204 after one call of the backend. */
function actionRoutes(backend: ContainersBackend): Route[] {
  const actions: Readonly<Record<string, (context: RequestContext) => Promise<void>>> = {
    stop: (context) => backend.stop(refOf(context), stopOptions(context)),
    restart: (context) => backend.restart(refOf(context), stopOptions(context)),
    kill: (context) => backend.kill(refOf(context), context.text('signal')),
    pause: (context) => backend.pause(refOf(context)),
    unpause: (context) => backend.unpause(refOf(context)),
    rename: (context) => backend.rename(refOf(context), context.text('name') ?? ''),
  };
  return Object.entries(actions).map(([name, act]) => ({
    method: 'POST',
    path: `/containers/{ref}/${name}`,
    handle: async (context) => {
      await act(context);
      return empty(204);
    },
  }));
}

export function containerRoutes(backend: ContainersBackend): Route[] {
  return [
    { method: 'GET', path: '/containers/json', handle: (context) => list(backend, context) },
    { method: 'POST', path: '/containers/create', handle: (context) => create(backend, context) },
    { method: 'POST', path: '/containers/explain', handle: (context) => explain(backend, context) },
    {
      method: 'POST',
      path: '/containers/prune',
      handle: async (context) => {
        const filters = checkFilters(parseFilters(context.text('filters')), ['label', 'label!', 'until']);
        return json(await backend.prune(filters));
      },
    },
    {
      method: 'GET',
      path: '/containers/{ref}/json',
      handle: async (context) =>
        json(containerFor(context.version, await backend.inspect(refOf(context), { size: context.flag('size') }))),
    },
    { method: 'POST', path: '/containers/{ref}/start', handle: (context) => start(backend, context) },
    { method: 'POST', path: '/containers/{ref}/wait', handle: (context) => wait(backend, context) },
    { method: 'POST', path: '/containers/{ref}/update', handle: (context) => update(backend, context) },
    // A link to remove is named OWNER/ALIAS.
    { method: 'DELETE', path: '/containers/{ref*}', handle: (context) => remove(backend, context) },
    ...actionRoutes(backend),
  ];
}
