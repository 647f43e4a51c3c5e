/** `/auth`, `/distribution`, `/images/search`, and Berth's own `/images/copy`, `/distribution/NAME/manifest` and `/distribution/NAME/image`. */
import { BerthError } from '#base/errors.ts';
import type { Images } from '#engine/images/api.ts';
import type { ApiResponse } from '#spec/docker-api/exchange.ts';
import type { AuthConfig, ManifestListPush } from '#spec/docker-api/registries.ts';
import { parsePlatform } from '#spec/platform.ts';
import { decodeBody, STRINGS, type Struct } from './body-shape.ts';
import { checkFilters, parseFilters } from './filters.ts';
import { registryCredential, toCredential } from './registry-auth.ts';
import type { RequestContext } from './request-context.ts';
import { json, progress } from './responses.ts';
import type { Route } from './router.ts';

const AUTH_CONFIG: Struct = {
  struct: 'AuthConfig',
  fields: {
    username: 'string',
    password: 'string',
    auth: 'string',
    email: 'string',
    serveraddress: 'string',
    identitytoken: 'string',
    registrytoken: 'string',
  },
};

async function login(backend: Images, context: RequestContext): Promise<ApiResponse> {
  const config = decodeBody<AuthConfig>(await context.json(), AUTH_CONFIG);
  return json(await backend.login(config.serveraddress ?? '', toCredential(config) ?? {}, context.abort));
}

async function inspect(backend: Images, context: RequestContext): Promise<ApiResponse> {
  const credential = registryCredential(context.request.headers);
  return json(await backend.inspectRemote(context.parameter('name'), credential, context.abort));
}

async function search(backend: Images, context: RequestContext): Promise<ApiResponse> {
  const term = context.text('term');
  if (term === undefined) throw new BerthError('invalid', 'search.term', 'no search term was given');
  const filters = checkFilters(parseFilters(context.text('filters')), ['is-official', 'is-automated', 'stars']);
  const limit = context.text('limit');
  const credential = registryCredential(context.request.headers);
  return json(await backend.search(term, { limit: Number(limit ?? 25), filters, credential, abort: context.abort }));
}

const MANIFEST_LIST: Struct = {
  struct: 'ManifestListPush',
  fields: { MediaType: 'string', Raw: 'string', Entries: STRINGS },
};

function registryOptions(context: RequestContext) {
  const credential = registryCredential(context.request.headers);
  return { credential, isInsecure: context.flag('insecure'), abort: context.abort };
}

async function document(backend: Images, context: RequestContext): Promise<ApiResponse> {
  return json(await backend.remoteDocument(context.parameter('name'), registryOptions(context)));
}

async function inspectImage(backend: Images, context: RequestContext): Promise<ApiResponse> {
  const platform = context.text('platform');
  const options = {
    platform: platform === undefined ? undefined : parsePlatform(platform),
    credential: registryCredential(context.request.headers),
    abort: context.abort,
  };
  return json(await backend.inspectInRegistry(context.parameter('name'), options));
}

async function pushList(backend: Images, context: RequestContext): Promise<ApiResponse> {
  const list = decodeBody<ManifestListPush>(await context.json(), MANIFEST_LIST);
  return json({ Digest: await backend.pushList(context.parameter('name'), list, registryOptions(context)) });
}

async function copy(backend: Images, context: RequestContext): Promise<ApiResponse> {
  const from = context.text('from');
  const to = context.text('to');
  if (from === undefined || to === undefined)
    throw new BerthError('invalid', 'copy.place', 'a copy needs a source and a destination');
  const platform = context.text('platform');
  const options = {
    platform: platform === undefined ? undefined : parsePlatform(platform),
    fromCredential: registryCredential(context.request.headers),
    toCredential: registryCredential(context.request.headers, 'x-registry-auth-destination'),
    abort: context.abort,
  };
  return await progress(backend.copy(from, to, options));
}

export function registryRoutes(backend: Images): Route[] {
  return [
    { method: 'POST', path: '/auth', handle: (context) => login(backend, context) },
    { method: 'POST', path: '/images/copy', handle: (context) => copy(backend, context) },
    { method: 'GET', path: '/distribution/{name*}/image', handle: (context) => inspectImage(backend, context) },
    { method: 'GET', path: '/distribution/{name*}/manifest', handle: (context) => document(backend, context) },
    { method: 'PUT', path: '/distribution/{name*}/manifest', handle: (context) => pushList(backend, context) },
    { method: 'GET', path: '/distribution/{name*}/json', handle: (context) => inspect(backend, context) },
    { method: 'GET', path: '/images/search', handle: (context) => search(backend, context) },
  ];
}
