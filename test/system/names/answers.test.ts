import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { ask, member, openNamesRoot } from './container.ts';

test('containers of one network find each other by name, alias, short id and address, and nobody else does', async () => {
  await using names = openNamesRoot();
  const web = await names.start('web', [member('red', ['web', 'shop', '0123456789ab'], ['172.30.0.2', 'fd00::2'])], {
    hostAddresses: ['172.30.0.1'],
  });
  await names.start('other', [member('red', ['other', 'shop'], ['172.30.0.3'])]);
  const stranger = await names.start('stranger', [member('blue', ['stranger'], ['172.31.0.2'], { internal: true })]);
  const [a, upper, aaaa, none, suffix, short, reverse, reverse6, https, host, host6] = await ask(
    web,
    { name: 'other' },
    { name: 'OTHER' },
    { name: 'web', type: 'AAAA' },
    { name: 'other', type: 'AAAA' },
    { name: 'other.red' },
    { name: '0123456789ab', tcp: true },
    { name: '3.0.30.172.in-addr.arpa', type: 'PTR' },
    { name: '2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa', type: 'PTR' },
    { name: 'other', type: 'HTTPS' },
    { name: 'host.docker.internal' },
    { name: 'gateway.docker.internal', type: 'AAAA' },
  );
  assert.deepEqual([a?.rcode, a?.records, a?.ttl], [0, ['A 172.30.0.3'], 600]);
  assert.deepEqual(upper?.records, ['A 172.30.0.3']);
  assert.deepEqual(aaaa?.records, ['AAAA fd000000000000000000000000000002']);
  assert.deepEqual([none?.rcode, none?.records], [0, []]);
  assert.deepEqual(suffix?.records, ['A 172.30.0.3']);
  assert.deepEqual(short?.records, ['A 172.30.0.2']);
  assert.deepEqual(reverse?.records, ['PTR other.red']);
  assert.deepEqual(reverse6?.records, ['PTR web.red']);
  assert.deepEqual([https?.rcode, https?.records], [0, []]);
  assert.deepEqual(host?.records, ['A 172.30.0.1']);
  assert.deepEqual([host6?.rcode, host6?.records], [0, []]);
  const [foreign, foreignNamed] = await ask(stranger, { name: 'other' }, { name: 'other.red' });
  assert.deepEqual([foreign?.rcode, foreignNamed?.rcode], [2, 2]);
});

test('a container may use port 53 for itself', async () => {
  await using names = openNamesRoot();
  const web = await names.start('web', [member('red', ['web'], ['172.30.0.2'])]);
  const source = `
    const udp = (await import('node:dgram')).createSocket('udp4');
    const tcp = (await import('node:net')).createServer(() => undefined);
    await new Promise((resolve) => tcp.listen(53, '0.0.0.0', resolve));
    await new Promise((resolve) => udp.bind(53, '0.0.0.0', resolve));
    console.log('bound');
    process.stdin.resume().on('end', () => process.exit(0));`;
  const argv = ['-t', String(web.pid), '-n', process.execPath, '--input-type=module', '-e', source];
  const own = spawn('nsenter', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    assert.equal(String((await once(own.stdout, 'data'))[0]), 'bound\n');
    const [udp, tcp] = await ask(web, { name: 'web' }, { name: 'web', tcp: true });
    assert.deepEqual([udp?.records, tcp?.records], [['A 172.30.0.2'], ['A 172.30.0.2']]);
  } finally {
    own.stdin.end();
    await once(own, 'close');
  }
});
