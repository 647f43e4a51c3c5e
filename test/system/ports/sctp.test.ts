import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { createNetworks } from '#engine/networks/engine-networks.ts';
import { openEngineFixture, request } from '../../lib/engine-fixture.ts';
import { ask, openOutsideHost, servePorts } from '../../lib/outside-host.ts';

const PORT = 9_900 + (process.pid % 90);
const SCTP = 132;
const opening = `import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM, ${SCTP})`;
const skip = spawnSync('python3', ['-c', opening]).status !== 0 && 'the kernel has no SCTP';

test('a port published for SCTP is reached from outside, from the host and from containers, by both families', {
  skip,
}, async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  const networks = createNetworks(fixture.core.context, async (ref) => ref);
  await networks.create({ Name: 'dual', EnableIPv6: true });
  const { containers } = fixture.core;
  const begin = async (bindings: Record<string, { HostIp: string; HostPort: string }[]>) => {
    const { Id } = await containers.create(
      request(['sleep', '1000000'], { HostConfig: { NetworkMode: 'dual', PortBindings: bindings } }),
    );
    await containers.start(Id);
    return containers.inspect(Id);
  };
  const server = await begin({ '3868/sctp': [{ HostIp: '', HostPort: String(PORT) }] });
  const other = await begin({});
  await using _server = await servePorts(server.State.Pid, [3868], 'serve-sctp');
  for (const family of ['v4', 'v6'] as const) {
    const answer = await ask(outside.namespace, 'sctp', outside.inside[family], PORT);
    assert.equal(answer, `sctp ${outside.outside[family]} 3868`);
  }
  for (const address of ['127.0.0.1', '::1', outside.inside.v4])
    assert.match(await ask(undefined, 'sctp', address, PORT), /^sctp \S+ 3868$/, address);
  assert.match(await ask(`/proc/${other.State.Pid}/ns/net`, 'sctp', outside.inside.v4, PORT), /^sctp \S+ 3868$/);
  await containers.remove(server.Id, { force: true });
  assert.equal(await ask(outside.namespace, 'sctp', outside.inside.v4, PORT, 'none'), 'refused');
});
