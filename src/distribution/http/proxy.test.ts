import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyFor } from './proxy.ts';

const env = {
  HTTP_PROXY: 'http://p:1',
  https_proxy: 'p:2',
  NO_PROXY: 'a.example, .b.example,10.0.0.0/8,c.example:8443,fd00::/8,*.d.example',
};

test('proxyFor() takes the proxy of the scheme', () => {
  assert.equal(proxyFor(new URL('http://x.example/'), env), 'http://p:1');
  assert.equal(proxyFor(new URL('https://x.example/'), env), 'http://p:2');
  assert.equal(proxyFor(new URL('https://x.example/'), {}), undefined);
});

test('proxyFor() goes directly to this machine and to what NO_PROXY names', () => {
  for (const host of [
    'localhost',
    '127.0.0.2',
    '[::1]',
    'a.example',
    'x.a.example',
    'x.b.example',
    '10.1.2.3',
    '[fd00::1]',
    'x.d.example',
  ])
    assert.equal(proxyFor(new URL(`http://${host}/`), env), undefined, host);
  for (const host of ['b.example', 'xa.example', '11.1.2.3', 'c.example', 'd.example'])
    assert.equal(proxyFor(new URL(`http://${host}/`), env), 'http://p:1', host);
  assert.equal(proxyFor(new URL('https://c.example:8443/'), env), undefined);
  assert.equal(proxyFor(new URL('http://x/'), { ...env, NO_PROXY: '*' }), undefined);
});
