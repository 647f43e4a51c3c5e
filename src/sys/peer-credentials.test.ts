import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { peerOf } from './peer-credentials.ts';

async function peerAt(listenAt: string | number) {
  const { promise, resolve } = Promise.withResolvers<Socket>();
  const server = createServer(resolve);
  server.listen(typeof listenAt === 'number' ? { port: listenAt } : { path: listenAt });
  await once(server, 'listening');
  const address = server.address();
  const client = connect(
    typeof address === 'object' && address !== null ? { port: address.port } : { path: String(address) },
  );
  const socket = await promise;
  const peer = await peerOf(socket);
  socket.destroy();
  const afterwards = await peerOf(socket);
  client.destroy();
  server.close();
  return { peer, afterwards };
}

test('peerOf() tells the user at the other end of a unix socket, and nothing about others', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-peer-'));
  try {
    const { peer, afterwards } = await peerAt(join(folder, 'socket'));
    assert.deepEqual(peer, { uid: process.getuid?.(), gid: process.getgid?.() });
    assert.equal(afterwards, undefined);
    assert.equal((await peerAt(0)).peer, undefined);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
