/**
 * Sends hostile packets to a name server, from whatever network namespace it is run in: `node dns-fuzzer.ts SERVER PACKETS SEED`.
 * UDP datagrams that are mutated queries, and TCP connections that say them badly. Reads what comes back and throws it away.
 */
import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeQuery, type TypeName } from './dns-message.ts';

const [server = '', packets = '0', seed = '1'] = process.argv.slice(2);
const ROUND = 500;
const NAMES = [
  'web',
  'pool',
  'web.red',
  'host.docker.internal',
  '2.0.30.172.in-addr.arpa',
  'x.example',
  `${'a'.repeat(60)}.b`,
];
const KINDS: readonly TypeName[] = ['A', 'AAAA', 'PTR', 'ANY', 'MX'];
const EVIL = [0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff];

let state = Number(seed) >>> 0;

/** The same numbers in every run. */
function next(below: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return (state >>> 8) % below;
}

function hostile(): Buffer {
  const edns = next(2) === 0 ? {} : { edns: next(65536) };
  const query = encodeQuery(
    { name: NAMES[next(NAMES.length)]!, type: KINDS[next(KINDS.length)]!, ...edns },
    next(65536),
  );
  const bytes = Buffer.concat([query, Buffer.alloc(next(3) === 0 ? next(40) : 0, next(256))]);
  for (let changes = next(5); changes > 0; changes--) {
    bytes[next(bytes.length)] = next(2) === 0 ? EVIL[next(EVIL.length)]! : next(256);
  }
  return next(8) === 0 ? bytes.subarray(0, next(bytes.length + 1)) : bytes;
}

function connection(): Socket {
  const socket = connect(53, server);
  socket.on('error', () => undefined);
  socket.resume();
  const message = hostile();
  const length = next(3) === 0 ? next(65536) : message.length;
  socket.write(Buffer.concat([Buffer.of(length >> 8, length & 255), message]));
  if (next(2) === 0) socket.end();
  return socket;
}

const udp = createSocket('udp4');
udp.on('message', () => undefined);
for (let sent = 0; sent < Number(packets); ) {
  const sockets = Array.from({ length: 5 }, connection);
  for (let i = 0; i < ROUND; i++, sent++) udp.send(hostile(), 53, server);
  // An answer to an honest query says that the packets before it were read.
  await sleep(5);
  for (const socket of sockets) socket.destroy();
}
udp.close();
