import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createNetworks } from '#engine/networks/engine-networks.ts';
import { namesDirectory } from '#network/names/name-ops.ts';
import { type EngineFixture, eventually, IMAGE, openEngineFixture, run } from '../../lib/engine-fixture.ts';
import { ask, processesNaming } from './container.ts';

interface Started {
  readonly id: string;
  readonly pid: number;
}

async function start(
  { core }: EngineFixture,
  name: string,
  network: string,
  more: { readonly aliases?: string[]; readonly links?: string[]; readonly hosts?: string[] } = {},
): Promise<Started> {
  const { Id } = await core.containers.create(
    {
      Image: IMAGE,
      Cmd: ['sleep', '100000'],
      HostConfig: { NetworkMode: network, ...(more.hosts === undefined ? {} : { ExtraHosts: more.hosts }) },
      NetworkingConfig: {
        EndpointsConfig: { [network]: { Aliases: more.aliases ?? null, Links: more.links ?? null } },
      },
    },
    { name },
  );
  await core.containers.start(Id);
  return { id: Id, pid: (await core.containers.inspect(Id)).State.Pid };
}

async function text({ core }: EngineFixture, id: string, path: string): Promise<string> {
  const { State } = await core.containers.inspect(id);
  return readFileSync(`/proc/${State.Pid}/root${path}`, 'utf8');
}

const found = async (from: Started, name: string) => (await ask(from, { name }))[0]?.records ?? [];

test('containers of an engine find each other on networks that users make, also after they joined, left and were renamed', async () => {
  await using engine = await openEngineFixture();
  const { core } = engine;
  const networks = createNetworks(core.context, async (ref) => (await core.containers.locate(ref)).id);
  const suffix = process.pid;
  const [red, blue] = [`red-${suffix}`, `blue-${suffix}`];
  for (const Name of [red, blue]) await networks.create({ Name });
  try {
    const web = await start(engine, 'web', red, { aliases: ['shop'], hosts: ['host.docker.internal:host-gateway'] });
    const other = await start(engine, 'other', red, { links: ['web:backend'] });
    const plain = await start(engine, 'plain', 'bridge');
    const { Networks } = (await core.containers.inspect(web.id)).NetworkSettings;
    const address = Networks[red]?.IPAddress;
    const gateway = Networks[red]?.Gateway;
    for (const name of ['web', 'shop', 'SHOP', `web.${red}`, web.id.slice(0, 12), 'backend']) {
      assert.deepEqual(await found(other, name), [`A ${address}`], name);
    }
    assert.deepEqual(await found(web, 'backend'), []);
    assert.deepEqual(await found(other, 'host.docker.internal'), [`A ${gateway}`]);
    const hosts = (await text(engine, web.id, '/etc/hosts')).split('\n');
    assert.ok(
      hosts.includes(`${gateway}\thost.docker.internal`) && hosts.includes(`${address}\t${web.id.slice(0, 12)}`),
    );
    assert.match(await text(engine, web.id, '/etc/resolv.conf'), /^nameserver 127\.0\.0\.11$/m);
    assert.doesNotMatch(await text(engine, plain.id, '/etc/resolv.conf'), /127\.0\.0\.11/);

    await networks.connect(red, { Container: plain.id });
    assert.match(await text(engine, plain.id, '/etc/resolv.conf'), /^nameserver 127\.0\.0\.11$/m);
    await eventually(
      'the container that joined is asked',
      async () => (await found(plain, 'web'))[0] === `A ${address}` || undefined,
    );
    await eventually(
      'the container that joined is found',
      async () => (await found(web, 'plain')).length === 1 || undefined,
    );
    await core.containers.rename(web.id, 'market');
    await eventually(
      'the new name is found',
      async () => (await found(other, 'market'))[0] === `A ${address}` || undefined,
    );
    assert.deepEqual(await found(other, 'web'), []);
    await networks.disconnect(red, { Container: plain.id });
    await eventually(
      'the container that left is not found',
      async () => (await found(web, 'plain')).length === 0 || undefined,
    );
    assert.deepEqual(await found(plain, 'market'), []);
    await networks.connect(blue, { Container: other.id, EndpointConfig: { Aliases: ['elsewhere'] } });
    const lone = await start(engine, 'lone', blue);
    await eventually(
      'the alias in the second network',
      async () => (await found(lone, 'elsewhere')).length === 1 || undefined,
    );
    assert.deepEqual(await found(lone, 'market'), []);

    const joined = await run(core, {
      Image: IMAGE,
      Cmd: ['nslookup', 'market'],
      HostConfig: { NetworkMode: `container:${other.id}` },
    });
    assert.match(joined.stdout, new RegExp(`Address: ${address}`));
  } finally {
    for (const { Id } of await core.containers.list({ all: true })) await core.containers.remove(Id, { force: true });
    for (const Name of [red, blue]) await networks.remove(Name);
  }
  await eventually('the resolver ends', () => processesNaming(namesDirectory(engine.root)).length === 0 || undefined);
});
