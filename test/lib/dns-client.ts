/**
 * Asks a name server, from whatever network namespace it is run in: `node dns-client.ts SERVER QUERIES`, the queries and the answers
 * as JSON. An answer that does not come is null.
 */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { type Answer, decodeAnswer, encodeQuery, type Query } from './dns-message.ts';

const TIMEOUT_MS = 20_000;

function askUdp(server: string, query: Query, id: number): Promise<Answer | null> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const timer = setTimeout(() => done(null), query.timeout ?? TIMEOUT_MS);
    const done = (answer: Answer | null) => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    socket.on('error', reject);
    socket.on('message', (bytes, from) => {
      if (bytes.readUInt16BE(0) === id && from.address === server && from.port === 53) done(decodeAnswer(bytes));
    });
    socket.send(encodeQuery(query, id), 53, server);
  });
}

function askTcp(server: string, query: Query, id: number): Promise<Answer | null> {
  return new Promise((resolve, reject) => {
    const socket = connect(53, server);
    let bytes = Buffer.alloc(0);
    const timer = setTimeout(() => done(null), query.timeout ?? TIMEOUT_MS);
    const done = (answer: Answer | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const message = encodeQuery(query, id);
    socket.on('error', reject);
    socket.on('end', () => done(null));
    socket.on('connect', () =>
      socket.write(Buffer.concat([Buffer.of(message.length >> 8, message.length & 255), message])),
    );
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0))
        done(decodeAnswer(bytes.subarray(2, 2 + bytes.readUInt16BE(0))));
    });
  });
}

const [server = '', queries = '[]'] = process.argv.slice(2);
const list = JSON.parse(queries) as Query[];
const answers = await Promise.all(
  list.map((query, i) => (query.tcp === true ? askTcp : askUdp)(server, query, 1000 + i)),
);
console.log(JSON.stringify(answers));
