import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { encodeAnswer, readQuestion } from '../../lib/dns-message.ts';
import { type Behaviour, startDnsServer } from '../../lib/dns-server.ts';
import { until } from '../keeper/running.ts';
import { ask, member, openNamesRoot } from './container.ts';

const outside = (...addresses: string[]) => addresses.map((address) => ({ address, inside: false }));
const MANY = Array.from({ length: 100 }, (_, i) => `10.1.0.${i + 1}`);
/** Of the host and of the resolver itself: what they open to containers is for the rules to say, not for names. */
const OF_THE_HOST = ['127.0.0.1', '127.0.0.11', '0.0.0.0', '172.30.0.1'];
const answering: Behaviour = (name, _query, how) => {
  if (name.startsWith('rebound')) return { addresses: OF_THE_HOST };
  if (name.startsWith('big')) return how === 'udp' ? { truncated: true } : { addresses: MANY };
  if (name.startsWith('no')) return { rcode: 3 };
  return { addresses: ['10.0.0.1'] };
};

test('what no container is called is asked of the servers of --dns, over UDP and TCP, and told as it is', async () => {
  await using server = await startDnsServer(answering);
  await using names = openNamesRoot();
  const web = await names.start('web', [member('red', ['web'], ['172.30.0.2'])], { servers: outside(server.address) });
  const [plain, missing, big, bigTcp, inside, rebound] = await ask(
    web,
    { name: 'Example.Org', edns: 4096 },
    { name: 'nobody.example.org' },
    { name: 'big.example.org' },
    { name: 'big.example.org', tcp: true },
    { name: 'web.example.org' },
    { name: 'rebound.example.org' },
  );
  assert.deepEqual([plain?.rcode, plain?.records], [0, ['A 10.0.0.1']]);
  assert.equal(missing?.rcode, 3);
  assert.deepEqual([big?.truncated, big?.records], [true, []]);
  assert.deepEqual(
    bigTcp?.records,
    MANY.map((address) => `A ${address}`),
  );
  assert.deepEqual(inside?.records, ['A 10.0.0.1']);
  assert.deepEqual(
    rebound?.records,
    OF_THE_HOST.map((address) => `A ${address}`),
  );
  assert.ok(server.asked.includes('tcp big.example.org'));
  assert.equal(
    new Set(server.senders.map(({ port }) => port)).size,
    server.senders.length,
    'a port of its own for every query',
  );
});

test('an answer that is larger than the client can take is cut and marked', async () => {
  await using server = await startDnsServer(() => ({ addresses: MANY }));
  await using names = openNamesRoot();
  const web = await names.start('web', [member('red', ['web'], ['172.30.0.2'])], { servers: outside(server.address) });
  const [small, large] = await ask(web, { name: 'a.example' }, { name: 'b.example', edns: 4096 });
  assert.deepEqual([small?.truncated, small?.records], [true, []]);
  assert.deepEqual([large?.truncated, large?.records.length], [false, 100]);
});

test('a server that refuses, is not there, or does not answer is passed over', async () => {
  await using refusing = await startDnsServer(() => ({ rcode: 5 }));
  await using silent = await startDnsServer(() => undefined);
  await using good = await startDnsServer(answering);
  await using names = openNamesRoot();
  const dead = '127.0.0.1#1';
  const start = (name: string, servers: string[]) =>
    names.start(name, [member('red', [name], ['172.30.0.2'])], { servers: outside(...servers) });
  const a = await start('a', [refusing.address, good.address]);
  const b = await start('b', [dead, good.address]);
  const c = await start('c', [silent.address, good.address]);
  const d = await start('d', [silent.address]);
  const e = await start('e', [refusing.address, dead]);
  for (const one of [a, b, c]) {
    const [udp, tcp] = await ask(one, { name: 'x.example' }, { name: 'x.example', tcp: true });
    assert.deepEqual([udp?.records, tcp?.records], [['A 10.0.0.1'], ['A 10.0.0.1']]);
  }
  const [[nothing], [refused]] = await Promise.all([ask(d, { name: 'x.example' }), ask(e, { name: 'x.example' })]);
  assert.equal(nothing?.rcode, 2);
  assert.ok(silent.asked.filter((what) => what === 'udp x.example').length > 2, 'asked again before giving up');
  assert.equal(refused?.rcode, 5);
});

test('forged answers are not taken', async () => {
  const wrong: Behaviour = (name, query) => {
    if (name === 'id.example') {
      const answer = encodeAnswer(query, { addresses: ['6.6.6.6'] });
      answer.writeUInt16BE(answer.readUInt16BE(0) ^ 0x5555, 0);
      return answer;
    }
    const other = Buffer.from(query);
    other.writeUInt8(other.readUInt8(13) ^ 1, 13); // another name
    return name === 'name.example' ? encodeAnswer(other, { addresses: ['6.6.6.6'] }) : query; // or no answer at all
  };
  await using server = await startDnsServer(wrong);
  await using names = openNamesRoot();
  const web = await names.start('web', [member('red', ['web'], ['172.30.0.2'])], { servers: outside(server.address) });
  const answers = await ask(web, { name: 'id.example' }, { name: 'name.example' }, { name: 'query.example' });
  assert.deepEqual(
    answers.map((answer) => [answer?.rcode, answer?.records]),
    [
      [2, []],
      [2, []],
      [2, []],
    ],
  );
  assert.equal(
    readQuestion(encodeAnswer(Buffer.from('00000100000100000000000003777777000001 0001'.replace(/ /g, ''), 'hex'), {}))
      .name,
    'www',
  );
});

test("the host's servers are followed as its resolv.conf changes; internal networks are not asked for; ndots is respected", async () => {
  await using first = await startDnsServer(() => ({ addresses: ['10.0.0.1'] }));
  await using second = await startDnsServer(() => ({ addresses: ['10.0.0.2'] }));
  await using names = openNamesRoot();
  const web = await names.start('web', [member('red', ['web'], ['172.30.0.2'])]);
  const inner = await names.start('inner', [member('red', ['inner'], ['172.30.0.3'], { internal: true })]);
  const dotted = await names.start('dotted', [member('red', ['dotted'], ['172.30.0.4'])], { ndots: true });
  const [without] = await ask(web, { name: 'x.example' });
  assert.equal(without?.rcode, 2);
  writeFileSync(names.resolvConf, `search lan\nnameserver ${first.address}\n`);
  const says = async (address: string) =>
    (await ask(web, { name: 'x.example' }))[0]?.records.includes(`A ${address}`) === true;
  const waitFor = async (address: string) => {
    for (let i = 0; !(await says(address)); i++) assert.ok(i < 100, `never asked the server that says ${address}`);
  };
  await waitFor('10.0.0.1');
  writeFileSync(names.resolvConf, `nameserver ${second.address}\n`);
  await waitFor('10.0.0.2');
  const before = second.asked.length;
  const [innerAnswer] = await ask(inner, { name: 'x.example' });
  const [single, full] = await ask(dotted, { name: 'single' }, { name: 'x.example' });
  assert.equal(innerAnswer?.rcode, 2);
  assert.deepEqual([single?.rcode, single?.records], [0, []]);
  assert.deepEqual(full?.records, ['A 10.0.0.2']);
  await until('the server was asked', () => second.asked.length > before);
  assert.deepEqual(second.asked.slice(before), ['udp x.example']);
});

test('a server that the container itself runs is asked in its own network, not in the host', async () => {
  await using host = await startDnsServer(() => ({ addresses: ['10.0.0.1'] }));
  await using names = openNamesRoot();
  const servers = [{ address: `127.0.0.1#${host.port}`, inside: true }];
  const web = await names.start('web', [member('red', ['web'], ['172.30.0.2'])], { servers });
  const [nobody] = await ask(web, { name: 'x.example' });
  assert.equal(nobody?.rcode, 2);
  const source = `
    const { startDnsServer } = await import('./test/lib/dns-server.ts');
    const { once } = await import('node:events');
    const server = await startDnsServer(() => ({ addresses: ['10.9.9.9'] }), ${host.port});
    console.log('ready');
    await once(process.stdin.resume(), 'end');
    await server[Symbol.asyncDispose]();`;
  const argv = ['-t', String(web.pid), '-n', process.execPath, '--input-type=module', '-e', source];
  const inside = spawn('nsenter', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    await once(inside.stdout, 'data');
    const [udp, tcp] = await ask(web, { name: 'x.example' }, { name: 'y.example', tcp: true });
    assert.deepEqual([udp?.records, tcp?.records], [['A 10.9.9.9'], ['A 10.9.9.9']]);
  } finally {
    inside.stdin.end();
    await once(inside, 'close');
  }
  assert.deepEqual(host.asked, []);
});
