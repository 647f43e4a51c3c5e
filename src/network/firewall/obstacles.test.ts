import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ForeignChain } from '#sys/nftables/object.ts';
import { describeObstacle, obstaclesAmong } from './obstacles.ts';

const chain = (name: string, more: Partial<ForeignChain> = {}): ForeignChain => {
  return { family: 'ip', table: 'filter', name, dropsByDefault: false, ...more };
};

const DROPPING = chain('FORWARD', { hook: 2, dropsByDefault: true });

test('obstaclesAmong() finds chains that drop what is forwarded, and who made them', () => {
  assert.deepEqual(
    obstaclesAmong([chain('FORWARD', { hook: 2 }), chain('INPUT', { hook: 1, dropsByDefault: true })]),
    [],
  );
  const makers = (...more: ForeignChain[]) => obstaclesAmong([DROPPING, ...more]).map(({ maker }) => maker);
  assert.deepEqual(makers(), ['iptables']);
  assert.deepEqual(makers(chain('ufw-before-forward')), ['ufw']);
  assert.deepEqual(makers(chain('DOCKER-USER')), ['docker']);
  assert.deepEqual(obstaclesAmong([chain('mine', { hook: 2, dropsByDefault: true, family: 'inet', table: 'fw' })]), [
    { where: 'table inet fw, chain mine', family: 'inet', maker: 'nftables' },
  ]);
});

test('describeObstacle() says what helps', () => {
  const [obstacle] = obstaclesAmong([DROPPING, chain('ufw-before-forward')]);
  assert.match(describeObstacle(obstacle!, 'berth0'), /ufw route allow in on berth0/);
});
