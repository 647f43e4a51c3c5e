import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { encodeAnswer, type Given, readQuestion } from './dns-message.ts';

/** What the server does with a query: an answer, raw bytes, or nothing at all. */
export type Behaviour = (name: string, query: Buffer, how: 'udp' | 'tcp') => Given | Buffer | undefined;

export interface DnsServer extends AsyncDisposable {
  readonly port: number;
  /** As in a resolv.conf that the resolver reads. */
  readonly address: string;
  /** Questions so far: `udp name`. */
  readonly asked: string[];
  /** Where each UDP query came from. */
  readonly senders: RemoteInfo[];
}

/** A name server on the loopback device of this process, UDP and TCP on one port; any that is free for 0. */
export async function startDnsServer(behave: Behaviour, wantedPort = 0): Promise<DnsServer> {
  const asked: string[] = [];
  const senders: RemoteInfo[] = [];
  const reply = (query: Buffer, how: 'udp' | 'tcp'): Buffer | undefined => {
    const { name } = readQuestion(query);
    asked.push(`${how} ${name}`);
    const given = behave(name, query, how);
    return given === undefined || Buffer.isBuffer(given) ? given : encodeAnswer(query, given);
  };
  const tcp = createServer((socket) => {
    let bytes = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length < 2 || bytes.length < 2 + bytes.readUInt16BE(0)) return;
      const answer = reply(bytes.subarray(2, 2 + bytes.readUInt16BE(0)), 'tcp');
      if (answer !== undefined)
        socket.write(Buffer.concat([Buffer.of(answer.length >> 8, answer.length & 255), answer]));
    });
  });
  tcp.listen(wantedPort, '127.0.0.1');
  await once(tcp, 'listening');
  const address = tcp.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const udp = createSocket('udp4');
  udp.on('message', (query, from) => {
    senders.push(from);
    const answer = reply(query, 'udp');
    if (answer !== undefined) udp.send(answer, from.port, from.address);
  });
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');
  return {
    port,
    address: `127.0.0.1#${port}`,
    asked,
    senders,
    [Symbol.asyncDispose]: async () => {
      udp.close();
      tcp.close();
    },
  };
}
