/** Berth's own: the inside of images. */
import { Readable } from 'node:stream';
import { BerthError } from '#base/errors.ts';
import type { Examine } from '#engine/examine/examine.ts';
import type { DiffKind } from '#spec/docker-api/examine.ts';
import type { RequestContext } from './request-context.ts';
import { bytes, json } from './responses.ts';
import type { Route } from './router.ts';

const KINDS: readonly DiffKind[] = ['file', 'size', 'history', 'metadata', 'apt', 'rpm', 'apk', 'npm', 'pip'];

function needed(context: RequestContext, name: string): string {
  const text = context.text(name);
  if (text === undefined || text === '')
    throw new BerthError('invalid', 'api.parameter', `the parameter ${name} is missing`);
  return text;
}

function kindsOf(context: RequestContext): DiffKind[] {
  return context.texts('type').map((text) => {
    const kind = KINDS.find((each) => each === text);
    if (kind !== undefined) return kind;
    const words = `invalid type ${JSON.stringify(text)}: wanted one of ${KINDS.join(', ')}`;
    throw new BerthError('invalid', 'examine.kind', words);
  });
}

/** `GET /images/{name}/tree`, `/files`, `/file?path=`, and `GET /images/compare?first=&second=&type=` (several types). */
export function examineRoutes(backend: Examine): Route[] {
  return [
    {
      method: 'GET',
      path: '/images/compare',
      handle: async (context) =>
        json(await backend.compare(needed(context, 'first'), needed(context, 'second'), kindsOf(context))),
    },
    {
      method: 'GET',
      path: '/images/{name*}/tree',
      handle: async (context) => json(await backend.tree(context.parameter('name'))),
    },
    {
      method: 'GET',
      path: '/images/{name*}/files',
      handle: async (context) => json(await backend.files(context.parameter('name'))),
    },
    {
      method: 'GET',
      path: '/images/{name*}/file',
      handle: async (context) => {
        const content = await backend.read(context.parameter('name'), needed(context, 'path'));
        return bytes(Readable.from([content], { objectMode: false }), 'application/octet-stream');
      },
    },
  ];
}
