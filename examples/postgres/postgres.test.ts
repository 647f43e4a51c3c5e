/**
 * A test suite with a database of its own: `node --test postgres.test.ts` (Node.js 24 or newer, as root; or with BERTH_HOST where a
 * daemon listens). Every run has its own container and its own port: any number of them may go on at once.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as open } from 'node:net';
import { after, before, test } from 'node:test';
import { type Client, connect } from 'berth';
import { type Postgres, startPostgres } from './postgres.ts';

let client: Client;
let postgres: Postgres;

before(async () => {
  const { BERTH_HOST: host, BERTH_ROOT: root, POSTGRES_IMAGE: image } = process.env;
  client = await connect(host ? { host } : root ? { root } : {});
  postgres = await startPostgres(client, image);
});

after(async () => {
  await postgres?.[Symbol.asyncDispose]();
  await client?.close();
});

test('orders are kept with their sums', async () => {
  const query = await postgres.createDatabase('orders');
  await query('create table lines (order_id int, price numeric, amount int)');
  await query('insert into lines values (1, 2.50, 4), (1, 1.25, 2), (2, 10, 1)');
  const sums = await query('select order_id, sum(price * amount) from lines group by 1 order by 1');
  assert.deepEqual(sums, ['1|12.50', '2|10']);
});

test('what one test does no other sees, and mistakes are told', async () => {
  const query = await postgres.createDatabase('empty');
  await assert.rejects(query('select * from lines'), /relation "lines" does not exist/);
});

test('it listens on this machine', async () => {
  const socket = open({ host: '127.0.0.1', port: postgres.port });
  // SSLRequest of PostgreSQL's protocol: one letter is the answer.
  socket.end(Buffer.from('0000000804d2162f', 'hex'));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  assert.match(answer.toString(), /^[SN]/);
});
