/** `/images/...`. */
import { BerthError, messageOf } from '#base/errors.ts';
import type { ImagePlatform, Images } from '#engine/images/api.ts';
import type { PullImageOptions } from '#engine/images/pull-images.ts';
import type { ApiResponse } from '#spec/docker-api/exchange.ts';
import type { ImageImportOptions, ProgressMessage } from '#spec/docker-api/images.ts';
import { parsePlatform } from '#spec/platform.ts';
import { PLATFORM } from './bodies.ts';
import { decodeBody } from './body-shape.ts';
import { checkFilters, parseFilters } from './filters.ts';
import { imageFor, imagesFor, isBefore } from './older-shapes.ts';
import { registryCredential } from './registry-auth.ts';
import type { RequestContext } from './request-context.ts';
import { bytes, empty, json, progress } from './responses.ts';
import type { Route } from './router.ts';

const LIST_FILTERS = ['before', 'dangling', 'label', 'label!', 'reference', 'since', 'until'];

/** @param since the version in which the endpoint learned of platforms */
function platformOf(context: RequestContext, since: string): ImagePlatform | undefined {
  const text = isBefore(context.version, since) ? undefined : context.text('platform');
  return text === undefined ? undefined : readPlatform(text);
}

function readPlatform(text: string): ImagePlatform {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BerthError('invalid', 'api.platform', 'failed to parse platform: invalid JSON');
  }
  return decodeBody<ImagePlatform>(value, PLATFORM);
}

async function list(backend: Images, context: RequestContext): Promise<ApiResponse> {
  const given = checkFilters(parseFilters(context.text('filters')), LIST_FILTERS);
  // Before filters there was one for the name.
  const name = isBefore(context.version, '1.41') ? context.text('filter') : undefined;
  const filters = name === undefined ? given : { ...given, reference: [...(given['reference'] ?? []), name] };
  const manifests = context.flag('manifests') && !isBefore(context.version, '1.47');
  const sharedSize = context.flag('shared-size') && !isBefore(context.version, '1.42');
  const query = { all: context.flag('all'), sharedSize, manifests, filters };
  return json(imagesFor(context.version, await backend.list(query)));
}

async function* importProgress(id: Promise<string>): AsyncGenerator<ProgressMessage> {
  yield { status: await id };
}

function pullOptions(context: RequestContext): PullImageOptions {
  const platform = isBefore(context.version, '1.32') ? undefined : context.text('platform');
  return {
    tag: context.text('tag'),
    // Docker's API means the whole repository when no tag is given.
    allTags: true,
    platform: platform === undefined ? undefined : parsePlatform(platform),
    credential: registryCredential(context.request.headers),
    abort: context.abort,
  };
}

async function push(backend: Images, context: RequestContext): Promise<ApiResponse> {
  const options = {
    tag: context.text('tag'),
    platform: platformOf(context, '1.46'),
    credential: registryCredential(context.request.headers),
    abort: context.abort,
  };
  return await progress(backend.push(context.parameter('name'), options));
}

async function create(backend: Images, context: RequestContext): Promise<ApiResponse> {
  const fromImage = context.text('fromImage');
  if (fromImage !== undefined) return progress(backend.pull(fromImage, pullOptions(context)));
  const source = context.text('fromSrc');
  if (source !== '-') {
    const message = `cannot import from ${source ?? 'nothing'}: only an archive in the request body can be imported`;
    throw new BerthError('unsupported', 'image.import-source', message);
  }
  const options: { -readonly [K in keyof ImageImportOptions]: ImageImportOptions[K] } = {
    changes: context.texts('changes').flatMap((change) => change.split('\n')),
  };
  const repository = context.text('repo');
  const tag = context.text('tag');
  const message = context.text('message');
  const platform = isBefore(context.version, '1.32') ? undefined : context.text('platform');
  if (repository !== undefined) options.repository = repository;
  if (tag !== undefined) options.tag = tag;
  if (message !== undefined) options.message = message;
  if (platform !== undefined) options.platform = platform;
  return progress(importProgress(backend.import(context.bytes(), options, context.abort)));
}

/** Like docker, an archive that turns out bad is a line with `error` under status 200. */
async function* loadProgress(messages: AsyncIterable<ProgressMessage>): AsyncGenerator<ProgressMessage> {
  try {
    yield* messages;
  } catch (error) {
    yield { errorDetail: { message: messageOf(error) }, error: messageOf(error) };
  }
}

/** The head of the answer tells that the load has begun, or without progress that it is done: clients that read no further rely on it. */
async function load(backend: Images, context: RequestContext): Promise<ApiResponse> {
  const options = { quiet: context.flagOr('quiet', true), platform: platformOf(context, '1.48') };
  return await progress(loadProgress(backend.load(context.bytes(), options, context.abort)));
}

async function save(backend: Images, context: RequestContext, names: readonly string[]): Promise<ApiResponse> {
  return bytes(await backend.save(names, { platform: platformOf(context, '1.48') }), 'application/x-tar');
}

async function tag(backend: Images, context: RequestContext): Promise<ApiResponse> {
  const repository = context.text('repo');
  if (repository === undefined) throw new BerthError('invalid', 'image.bad-reference', 'repository name is required');
  await backend.tag(context.parameter('name'), repository, context.text('tag'));
  return empty(201);
}

async function inspect(backend: Images, context: RequestContext): Promise<ApiResponse> {
  const manifests = context.flag('manifests') && !isBefore(context.version, '1.48');
  const platform = platformOf(context, '1.49');
  if (manifests && platform !== undefined) {
    // Docker's words.
    throw new BerthError(
      'invalid',
      'api.platform',
      'conflicting options: manifests and platform options cannot both be set',
    );
  }
  return json(imageFor(context.version, await backend.inspect(context.parameter('name'), platform, { manifests })));
}

async function remove(backend: Images, context: RequestContext): Promise<ApiResponse> {
  const platforms = isBefore(context.version, '1.50') ? [] : context.texts('platforms').map(readPlatform);
  const options = { force: context.flag('force'), noPrune: context.flag('noprune'), platforms };
  return json(await backend.remove(context.parameter('name'), options));
}

async function prune(backend: Images, context: RequestContext): Promise<ApiResponse> {
  const filters = checkFilters(parseFilters(context.text('filters')), ['dangling', 'label', 'label!', 'until']);
  return json(await backend.prune(filters));
}

export function imageRoutes(backend: Images): Route[] {
  return [
    { method: 'GET', path: '/images/json', handle: (context) => list(backend, context) },
    { method: 'POST', path: '/images/create', handle: (context) => create(backend, context) },
    { method: 'POST', path: '/images/load', handle: (context) => load(backend, context) },
    { method: 'POST', path: '/images/prune', handle: (context) => prune(backend, context) },
    { method: 'GET', path: '/images/get', handle: (context) => save(backend, context, context.texts('names')) },
    {
      method: 'GET',
      path: '/images/{name*}/get',
      handle: (context) => save(backend, context, [context.parameter('name')]),
    },
    {
      method: 'GET',
      path: '/images/{name*}/json',
      handle: (context) => inspect(backend, context),
    },
    {
      method: 'GET',
      path: '/images/{name*}/history',
      handle: async (context) => json(await backend.history(context.parameter('name'), platformOf(context, '1.48'))),
    },
    { method: 'POST', path: '/images/{name*}/push', handle: (context) => push(backend, context) },
    { method: 'POST', path: '/images/{name*}/tag', handle: (context) => tag(backend, context) },
    { method: 'DELETE', path: '/images/{name*}', handle: (context) => remove(backend, context) },
  ];
}
