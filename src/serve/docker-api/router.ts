/** Finds the handler of a request: method and path template, with or without a `/v1.NN` before it. */
import { BerthError } from '#base/errors.ts';
import type { ApiMethod, ApiRequest, ApiResponse, Dispatch } from '#spec/docker-api/exchange.ts';
import { errorResponse } from './errors-to-http.ts';
import { RequestContext } from './request-context.ts';

/** The API version whose shapes are served; older ones down to {@link MINIMUM_API_VERSION} get the same shapes. */
export const API_VERSION = '1.50';
export const MINIMUM_API_VERSION = '1.24';

export type Handler = (context: RequestContext) => Promise<ApiResponse>;

export interface Route {
  /** `*` is every method. */
  readonly method: ApiMethod | '*';
  /** `/containers/{id}/json`. A parameter is one segment; `{name*}` takes as many as there are, with their slashes. */
  readonly path: string;
  readonly handle: Handler;
}

interface CompiledRoute extends Route {
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

function compile(route: Route): CompiledRoute {
  const names: string[] = [];
  const source = route.path.replace(/\{(\w+)(\*?)\}/g, (_, name: string, many: string) => {
    names.push(name);
    return many === '' ? '([^/]+)' : '(.+)';
  });
  return { ...route, names, pattern: new RegExp(`^${source}$`) };
}

function minorOf(version: string): number {
  const [major, minor] = version.split('.').map(Number);
  return major! * 1000 + minor!;
}

/** Takes the version off a path. @throws invalid for a version outside what is served */
function splitVersion(path: string): { version: string; rest: string } {
  const match = /^\/v(\d+\.\d+)(\/.*)$/.exec(path);
  if (match === null) return { version: API_VERSION, rest: path };
  const version = match[1]!;
  if (minorOf(version) > minorOf(API_VERSION)) {
    const message = `client version ${version} is too new. Maximum supported API version is ${API_VERSION}`;
    throw new BerthError('invalid', 'api.version', message);
  }
  if (minorOf(version) < minorOf(MINIMUM_API_VERSION)) {
    const limit = `Minimum supported API version is ${MINIMUM_API_VERSION}`;
    const message = `client version ${version} is too old. ${limit}, please upgrade your client to a newer version`;
    throw new BerthError('invalid', 'api.version', message);
  }
  return { version, rest: match[2]! };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new BerthError('invalid', 'api.path', `invalid URL escape in ${JSON.stringify(segment)}`);
  }
}

/** Routes by the first word of their path, so that a request looks at few; made ready when the word is first asked for. */
class RouteGroups {
  readonly #routes = new Map<string, Route[]>();
  readonly #compiled = new Map<string, readonly CompiledRoute[]>();

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const first = route.path.split('/', 2)[1]!;
      const group = this.#routes.get(first);
      if (group === undefined) this.#routes.set(first, [route]);
      else group.push(route);
    }
  }

  of(path: string): readonly CompiledRoute[] {
    const first = path.split('/', 2)[1] ?? '';
    const ready = this.#compiled.get(first) ?? (this.#routes.get(first) ?? []).map(compile);
    this.#compiled.set(first, ready);
    return ready;
  }
}

/**
 * @param routes of two that fit one request the first wins
 * @returns a dispatcher that answers everything, failures as `{message}` with docker's status
 */
export function createRouter(routes: readonly Route[]): Dispatch {
  const groups = new RouteGroups(routes);
  const find = async (request: ApiRequest): Promise<ApiResponse> => {
    const { version, rest } = splitVersion(request.path);
    for (const route of groups.of(rest)) {
      const isMethod = route.method === request.method || route.method === '*';
      const match = isMethod ? route.pattern.exec(rest) : null;
      if (match === null) continue;
      const parameters = Object.fromEntries(route.names.map((name, index) => [name, decode(match[index + 1]!)]));
      return route.handle(new RequestContext(request, parameters, version));
    }
    return { status: 404, headers: {}, body: { kind: 'json', value: { message: 'page not found' } } };
  };
  return async (request) => {
    try {
      return await find(request);
    } catch (error) {
      return errorResponse(error);
    }
  };
}
