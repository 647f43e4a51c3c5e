import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { test } from 'node:test';
import { openApiFixture } from '../../lib/api-fixture.ts';
import { request } from '../../lib/engine-fixture.ts';
import { hasDescription, OpenApi } from '../../lib/openapi.ts';

type Caller = (
  method: string,
  path: string,
  body?: unknown,
) => Promise<{ readonly status: number; readonly value: unknown }>;

/** Calls over HTTP, with the answer as it came. */
function callerOf(socketPath: string): Caller {
  return async (method, path, body) => {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; value: unknown }>();
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const message = httpRequest({ socketPath, method, path, headers }, (response) => {
      text(response).then(
        (all) => resolve({ status: response.statusCode ?? 0, value: all.startsWith('{') ? JSON.parse(all) : all }),
        reject,
      );
    });
    message.on('error', reject);
    message.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  };
}

const skip = hasDescription() ? false : 'the OpenAPI description is not beside the repository';

test('every call about volumes answers with the status and the shape that Docker promises', { skip }, async () => {
  await using api = await openApiFixture();
  const call = callerOf(api.socketPath);
  const openApi = new OpenApi();
  const problems: string[] = [];
  const check = async (method: string, path: string, template: string, status: number, body?: unknown) => {
    const answer = await call(method, path, body);
    assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.value)}`);
    // A volume without labels or options has null for them, which the description does not say.
    problems.push(
      ...openApi
        .check(method, template, status, answer.value)
        .filter((problem) => !/(Labels|Options|Warnings) is null|^\$\.(code|hint) is not described/.test(problem)),
    );
    return answer.value as Record<string, unknown>;
  };
  await check('POST', '/volumes/create', '/volumes/create', 201, { Name: 'one', Labels: { a: 'b' } });
  const again = await check('POST', '/v1.50/volumes/create', '/volumes/create', 201, { Name: 'one' });
  assert.deepEqual(again['Labels'], { a: 'b' }, 'the volume that is there');
  await check('POST', '/volumes/create', '/volumes/create', 201, {});
  await check('POST', '/volumes/create', '/volumes/create', 201, {
    Name: 'mem',
    DriverOpts: { type: 'tmpfs', device: 'tmpfs' },
  });
  await check('GET', '/volumes', '/volumes', 200);
  await check('GET', '/volumes/mem', '/volumes/{name}', 200);
  await check('GET', '/volumes/none', '/volumes/{name}', 404);
  const { Id } = await api.remote.containers.create(request(['true'], { HostConfig: { Binds: ['one:/d'] } }));
  await check('DELETE', '/volumes/one', '/volumes/{name}', 409);
  await check('DELETE', '/volumes/none', '/volumes/{name}', 404);
  await check('DELETE', '/volumes/none?force=1', '/volumes/{name}', 204);
  await check('DELETE', '/volumes/mem', '/volumes/{name}', 204);
  assert.deepEqual(problems, []);
  const refused = async (method: string, path: string, status: number, message: RegExp, body?: unknown) => {
    const answer = await call(method, path, body);
    assert.equal(answer.status, status, path);
    assert.match((answer.value as { message: string }).message, message);
  };
  await refused('PUT', '/volumes/one?version=1', 503, /only valid for cluster volumes, but swarm is unavailable/, {});
  await refused('POST', '/volumes/create', 503, /not a swarm manager/, { ClusterVolumeSpec: {} });
  await refused('POST', '/volumes/create', 400, /create a: volume name is too short/, { Name: 'a' });
  await refused('POST', '/volumes/create', 400, /includes invalid characters/, { Name: '../x' });
  await refused('POST', '/volumes/create', 404, /plugin "x" not found/, { Name: 'other', Driver: 'x' });
  await refused('POST', '/volumes/create', 409, /has other options/, {
    Name: 'one',
    DriverOpts: { type: 'a', device: 'b' },
  });
  await refused('POST', '/volumes/one/rename', 400, /includes invalid characters|too short/);
  await refused('POST', '/volumes/one/clone', 409, /already exists/, { Name: 'one' });
  await refused('GET', '/volumes/none/archive', 404, /no such volume/);
  await api.remote.containers.remove(Id);
  const old = (await call('POST', '/v1.41/volumes/prune')).value as { VolumesDeleted: string[] };
  assert.ok(old.VolumesDeleted.includes('one'), 'named ones too, as before API 1.42');
});

test('a volume goes out and comes back as an archive over the socket; cp reaches volumes of stopped containers', async () => {
  await using api = await openApiFixture();
  const { remote } = api;
  const root = api.engine.root;
  const { Mountpoint } = await remote.volumes.create({ Name: 'data' });
  writeFileSync(join(Mountpoint, 'file'), 'content\n');
  const tar = await buffer(await remote.volumes.export('data'));
  const arrived = await remote.volumes.import('arrived', Readable.from([tar], { objectMode: false }));
  assert.equal(readFileSync(join(arrived.Mountpoint, 'file'), 'utf8'), 'content\n');
  await remote.volumes.rename('arrived', 'named');
  await remote.volumes.clone('named', { Name: 'copy' });
  const { Volumes } = await remote.volumes.list();
  assert.deepEqual(
    Volumes.map(({ Name }) => Name),
    ['copy', 'data', 'named'],
  );
  const { Id } = await remote.containers.create(
    request(['true'], {
      HostConfig: {
        Mounts: [{ Type: 'volume', Source: 'named', Target: '/m', VolumeOptions: { Subpath: 'deep/er' } }],
        Binds: ['filled:/srv/data'],
      },
    }),
  );
  assert.deepEqual(readdirSync(join(root, 'volumes/filled/_data')), ['seed'], 'filled at its creation');
  await assert.rejects(remote.containers.start(Id), /cannot access path .*deep\/er/);
  await api.local.containers.remove(Id);
  const stopped = await remote.containers.create(request(['true'], { HostConfig: { Binds: ['named:/m'] } }));
  await remote.containers.putArchive(stopped.Id, '/m', Readable.from([tar], { objectMode: false }));
  assert.ok(existsSync(join(root, 'volumes/named/_data/file')));
});
