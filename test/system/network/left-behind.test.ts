import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { createNetworks } from '#engine/networks/engine-networks.ts';
import { openCore } from '#engine/open-core.ts';
import { defaultBridgeName } from '#network/device-names.ts';
import { openEngineFixture } from '../../lib/engine-fixture.ts';

test('a bridge that an earlier state of the root has left keeps its addresses', async () => {
  await using fixture = await openEngineFixture();
  const root = join(fixture.scratch, 'again');
  const name = defaultBridgeName(root);
  const ip = (...words: string[]) => execFileSync('ip', words, { encoding: 'utf8' });
  const third = process.pid % 250;
  ip('link', 'add', name, 'type', 'bridge');
  try {
    ip('address', 'add', `10.231.${third}.1/24`, 'dev', name);
    ip('link', 'set', name, 'up');
    const core = openCore({ root });
    const { IPAM } = await createNetworks(core.context, async (ref) => ref).inspect('bridge');
    await core.close();
    assert.deepEqual(IPAM.Config, [{ Subnet: `10.231.${third}.0/24`, Gateway: `10.231.${third}.1` }]);
  } finally {
    ip('link', 'delete', name);
  }
});
