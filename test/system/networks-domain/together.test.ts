import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overlaps, subnetOf } from '#base/ip-subnet.ts';
import { createNetworks } from '#engine/networks/engine-networks.ts';
import type { Core } from '#engine/open-core.ts';
import { isProcessAlive } from '#engine/state/process-token.ts';
import { interruptAt, runCommand, startCommand } from '../../lib/command-process.ts';
import { type EngineFixture, eventually, openEngineFixture, request, run } from '../../lib/engine-fixture.ts';

const networksOf = (core: Core) => createNetworks(core.context, async (ref) => (await core.containers.locate(ref)).id);

test('processes and engines that make networks at once never end up with one subnet twice', async () => {
  await using one = await openEngineFixture();
  await using two = await openEngineFixture();
  const count = 4;
  const makers = [one.root, one.root, two.root, two.root].map((root, i) =>
    startCommand(root, 'network-create', { network: `from${i}-`, count }),
  );
  for (const { ended } of makers) {
    const { code, stderr } = await ended;
    assert.equal(code, 0, stderr);
  }
  const lists = await Promise.all([one, two].map(({ core }) => networksOf(core).list({ driver: ['bridge'] })));
  const subnets = lists.flat().flatMap(({ IPAM }) => IPAM.Config?.map(({ Subnet = '' }) => subnetOf(Subnet)) ?? []);
  assert.equal(subnets.length, 2 + 4 * count, 'with the default bridge of each');
  for (const [i, subnet] of subnets.entries()) {
    assert.ok(!subnets.some((other, j) => i !== j && overlaps(subnet, other)));
  }
});

test('of two that make a network of one name one succeeds', async () => {
  await using fixture = await openEngineFixture();
  const makers = [1, 2, 3].map(() => startCommand(fixture.root, 'network-create', { network: 'same' }));
  const ends = await Promise.all(makers.map(({ ended }) => ended));
  assert.equal(ends.filter(({ code }) => code === 0).length, 1);
  for (const { stderr } of ends.filter(({ code }) => code !== 0))
    assert.match(stderr, /network with name same already exists/);
});

test('containers that start at once get an address each', async () => {
  await using fixture = await openEngineFixture();
  await networksOf(fixture.core).create({ Name: 'net' });
  const cores = [fixture.core, fixture.reopen(), fixture.reopen()];
  const create = request(['ip', '-o', '-4', 'addr', 'show', 'dev', 'eth0'], { HostConfig: { NetworkMode: 'net' } });
  const sleepers = await Promise.all(
    cores.flatMap((core) =>
      [1, 2, 3].map(async () => {
        const { Id } = await core.containers.create(request(['sleep', '1000'], { HostConfig: { NetworkMode: 'net' } }));
        await core.containers.start(Id);
        const { NetworkSettings } = await core.containers.inspect(Id);
        return NetworkSettings.Networks['net']?.IPAddress ?? '';
      }),
    ),
  );
  assert.equal(new Set(sleepers).size, 9, sleepers.join(' '));
  // What is shown is what the container has.
  const { id, stdout } = await run(fixture.core, create);
  const own = /inet (\S+)\//.exec(stdout)?.[1];
  assert.ok(own !== undefined && !sleepers.includes(own), stdout);
  assert.equal((await fixture.core.containers.inspect(id)).NetworkSettings.Networks['net']?.IPAddress, '');
});

async function usable(fixture: EngineFixture, network: string): Promise<void> {
  const { code, stdout } = await run(fixture.core, request(['ip', 'route'], { HostConfig: { NetworkMode: network } }));
  assert.deepEqual([code, /^default via/m.test(stdout)], [0, true]);
}

test('a network whose maker or remover was killed is whole, or gone for everybody', async () => {
  await using fixture = await openEngineFixture();
  const networks = networksOf(fixture.core);
  const killed = async (verb: string, point: string) => {
    const { signal } = await runCommand(fixture.root, verb, { network: 'net' }, point);
    assert.equal(signal, 'SIGKILL', point);
  };
  await killed('network-create', 'network-create.inserted');
  await usable(fixture, 'net');
  for (const point of ['network-remove.marked', 'network-remove.device', 'network-remove.deleted']) {
    await killed('network-remove', point);
    assert.deepEqual(await networks.list({ type: ['custom'] }), [], point);
    await networks.create({ Name: 'net' });
  }
  await usable(fixture, 'net');
});

test('a name is free for a new network once the old one is gone, and whoever wants it waits', async () => {
  await using fixture = await openEngineFixture();
  const networks = networksOf(fixture.core);
  const { Id: old } = await networks.create({ Name: 'net' });
  let made: Promise<{ readonly Id: string }> | undefined;
  const { code, stderr } = await interruptAt(
    fixture.root,
    'network-remove',
    { network: 'net' },
    'network-remove.marked',
    () => {
      made = networks.create({ Name: 'net' });
    },
  );
  assert.equal(code, 0, stderr);
  const fresh = await made;
  assert.notEqual(fresh?.Id, old);
  assert.equal((await networks.inspect('net')).Id, fresh?.Id);
});

test('an address whose container was killed with its keeper is free again', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  // Room for the gateway and one container.
  await networksOf(core).create({ Name: 'tiny', IPAM: { Config: [{ Subnet: tinySubnet() }] } });
  const create = request(['sleep', '1000'], { HostConfig: { NetworkMode: 'tiny' } });
  const [first, second] = [await core.containers.create(create), await core.containers.create(create)];
  await core.containers.start(first.Id);
  await assert.rejects(core.containers.start(second.Id), /no available IPv4 addresses on this network's address pools/);
  const { keeperPid = 0, keeperStart = '' } = core.context.containers.get(first.Id) ?? {};
  process.kill(keeperPid, 'SIGKILL');
  await eventually('the keeper is dead', () => !isProcessAlive(keeperPid, keeperStart));
  // Nobody has looked at the first since.
  await core.containers.start(second.Id);
});

/** One of many, so that two runs do not meet. */
function tinySubnet(): string {
  const number = Math.floor(Math.random() * 4096);
  return `198.51.${100 + (number >> 6)}.${(number % 64) * 4}/30`;
}
