import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSubnet, overlaps, type Subnet, subnetOf } from '#base/ip-subnet.ts';
import { chooseSubnet, chooseUniqueLocal, DEFAULT_SOURCES } from './free-subnet.ts';

const choose = (...occupied: string[]) => {
  const found = chooseSubnet(DEFAULT_SOURCES, occupied.map(subnetOf));
  return found === undefined ? undefined : formatSubnet(found);
};

test('chooseSubnet() begins where docker begins, with small subnets', () => {
  assert.equal(choose(), '172.17.0.0/22');
  assert.equal(choose('172.17.0.0/22'), '172.17.4.0/22');
  assert.equal(choose('172.17.0.5/32'), '172.17.4.0/22');
  assert.equal(choose('172.17.0.0/16'), '172.18.0.0/22');
});

test('chooseSubnet() looks at the start of the pool last, then at the next pools', () => {
  assert.equal(choose('172.17.0.0/16', '172.18.0.0/15', '172.20.0.0/14', '172.24.0.0/13'), '172.16.0.0/22');
  assert.equal(choose('172.16.0.0/12'), '192.168.0.0/22');
  assert.equal(choose('172.16.0.0/12', '192.168.0.0/16'), '10.0.0.0/22');
  assert.equal(choose('172.16.0.0/12', '192.168.0.0/16', '10.0.0.0/9'), '10.128.0.0/22');
  assert.equal(choose('172.16.0.0/12', '192.168.0.0/16', '10.0.0.0/8'), undefined);
  assert.equal(choose('0.0.0.0/0'), undefined);
});

test('chooseSubnet() does not care about the other family, nor about order and repetition', () => {
  assert.equal(choose('::/0'), '172.17.0.0/22');
  assert.equal(
    choose('172.17.8.0/24', '172.17.0.0/24', '172.17.4.9/32', '172.17.0.0/30', '172.17.4.0/22'),
    '172.17.12.0/22',
  );
});

test('chooseSubnet() gives a thousand networks subnets of their own', () => {
  const taken: Subnet[] = [];
  for (let i = 0; i < 1000; i++) {
    const found = chooseSubnet(DEFAULT_SOURCES, taken)!;
    assert.ok(!taken.some((other) => overlaps(other, found)));
    taken.push(found);
  }
  assert.equal(new Set(taken.map(formatSubnet)).size, 1000);
});

test('chooseSubnet() takes other pools, of any size', () => {
  const sources = [{ base: '10.80.0.0/28', size: 30 }];
  const taken: Subnet[] = [];
  for (let found = chooseSubnet(sources, taken); found !== undefined; found = chooseSubnet(sources, taken))
    taken.push(found);
  assert.deepEqual(taken.map(formatSubnet), ['10.80.0.0/30', '10.80.0.4/30', '10.80.0.8/30', '10.80.0.12/30']);
  assert.equal(
    formatSubnet(chooseSubnet([{ base: 'fd00:1::/48', size: 64 }], [subnetOf('fd00:1::/64')])!),
    'fd00:1:0:1::/64',
  );
});

test('chooseUniqueLocal() makes a /64 of fd00::/8 and draws again when it is taken', () => {
  const draws = [
    [1, 2, 3, 4, 5, 6, 7],
    [0xff, 0, 0, 0, 0, 0, 1],
  ].map((bytes) => Uint8Array.from(bytes));
  const next = () => draws.shift() ?? new Uint8Array(7);
  assert.equal(formatSubnet(chooseUniqueLocal(next, [subnetOf('fd01:203::/32')])!), 'fdff:0:0:1::/64');
  assert.equal(
    chooseUniqueLocal(() => new Uint8Array(7), [subnetOf('fd00::/8')]),
    undefined,
  );
});
