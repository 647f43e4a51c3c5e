import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { claimSubnets, releaseSubnets, type SubnetClaim } from './subnet-registry.ts';

function setUp() {
  const base = mkdtempSync(join(tmpdir(), 'berth-registry-'));
  const roots = ['one', 'two'].map((name) => join(base, name));
  for (const root of roots) {
    mkdirSync(root);
    writeFileSync(join(root, 'berth.db'), '');
  }
  const directory = join(base, 'run');
  const claimOf = (root: string, networkId: string): SubnetClaim => ({
    root,
    networkId,
    subnets: ['10.0.0.0/24'],
    interfaceName: 'br-x',
  });
  const others = (root: string, networkId: string, own: SubnetClaim[] = []) => {
    const choose = (seen: readonly SubnetClaim[]) => ({ claim: claimOf(root, networkId), seen });
    return claimSubnets(root, own, choose, directory)
      .seen.map((claim) => claim.networkId)
      .sort();
  };
  return { roots, directory, claimOf, others, [Symbol.dispose]: () => rmSync(base, { recursive: true }) };
}

test('claimSubnets() tells what other roots have, not what the caller has', () => {
  using registry = setUp();
  const [one = '', two = ''] = registry.roots;
  assert.deepEqual(registry.others(one, 'a'), []);
  assert.deepEqual(registry.others(one, 'b', [registry.claimOf(one, 'a')]), []);
  assert.deepEqual(registry.others(two, 'c'), ['a', 'b']);
  // `a` was removed by somebody who could not say so any more.
  registry.others(one, 'e', [registry.claimOf(one, 'b')]);
  assert.deepEqual(registry.others(two, 'f', [registry.claimOf(two, 'c')]), ['b', 'e']);
  assert.deepEqual(registry.others(one, 'd'), ['c', 'f']);
  assert.equal(statSync(join(registry.directory, 'subnets.db')).mode & 0o777, 0o600);
});

test('claimSubnets() forgets roots that are gone, and learns of networks made before the machine started', () => {
  using registry = setUp();
  const [one = '', two = ''] = registry.roots;
  registry.others(one, 'a');
  rmSync(one, { recursive: true });
  assert.deepEqual(registry.others(two, 'b'), []);
  mkdirSync(one);
  writeFileSync(join(one, 'berth.db'), '');
  registry.others(one, 'c', [registry.claimOf(one, 'older')]);
  assert.deepEqual(registry.others(two, 'd'), ['c', 'older']);
});

test('a choice that fails claims nothing, and releaseSubnets() takes a claim back', () => {
  using registry = setUp();
  const [one = '', two = ''] = registry.roots;
  const fail = () => {
    throw new Error('nothing free');
  };
  assert.throws(() => claimSubnets(one, [registry.claimOf(one, 'x')], fail, registry.directory), /nothing free/);
  registry.others(one, 'a');
  releaseSubnets(one, 'a', registry.directory);
  releaseSubnets(one, 'never', registry.directory);
  assert.deepEqual(registry.others(two, 'b'), []);
});

test('releaseSubnets() has nothing to do where nobody ever claimed', () => {
  releaseSubnets('/nowhere', 'x', '/nonexistent-berth');
});
