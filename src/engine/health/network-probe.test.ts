import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNetworkProbe } from './network-probe.ts';

test('parseNetworkProbe() reads ports and addresses', () => {
  assert.deepEqual(parseNetworkProbe('TCP', ['80']), { protocol: 'tcp', host: '127.0.0.1', port: 80 });
  assert.deepEqual(parseNetworkProbe('TCP', ['[::1]:5432']), { protocol: 'tcp', host: '::1', port: 5432 });
  assert.deepEqual(parseNetworkProbe('TCP', ['localhost:1']), { protocol: 'tcp', host: '127.0.0.1', port: 1 });
});

test('parseNetworkProbe() makes the request of a URL', () => {
  const { request, ...rest } = parseNetworkProbe('HTTP', ['http://localhost:8080/ready?deep=1']);
  assert.deepEqual(rest, { protocol: 'http', host: '127.0.0.1', port: 8080 });
  assert.match(request ?? '', /^GET \/ready\?deep=1 HTTP\/1\.1\r\nHost: localhost:8080\r\n/);
  assert.equal(parseNetworkProbe('HTTP', ['http://[::1]']).host, '::1');
});

test('parseNetworkProbe() names what is wrong', () => {
  const refuses = (kind: 'HTTP' | 'TCP', words: string[], pattern: RegExp) =>
    assert.throws(() => parseNetworkProbe(kind, words), pattern);
  refuses('TCP', [], /exactly one word/);
  refuses('TCP', ['1', '2'], /exactly one word/);
  refuses('TCP', ['localhost:'], /names no port/);
  refuses('TCP', ['70000'], /70000 is not a port/);
  refuses('TCP', ['db:5432'], /db is not an address/);
  refuses('HTTP', ['ready'], /not a URL/);
  refuses('HTTP', ['https://localhost'], /only http: is asked/);
  refuses('HTTP', ['http://me:secret@localhost'], /credentials are not sent/);
  refuses('HTTP', ['http://example.org/'], /example\.org is not an address/);
});
