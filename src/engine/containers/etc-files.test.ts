import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostsText, resolvConfText } from './etc-files.ts';
import { completeHostConfig } from './host-config.ts';
import { mergeConfig } from './merge-config.ts';

const config = mergeConfig({ Cmd: ['x'], Domainname: 'lan' }, {}, 'box');

test('hostsText() names the container itself and the extra hosts', () => {
  const text = hostsText(
    config,
    completeHostConfig({ ExtraHosts: ['db:10.0.0.1', 'v6=[::2]', 'gw:host-gateway'] }),
    undefined,
  );
  for (const line of ['127.0.0.1\tlocalhost', '10.0.0.1\tdb', '::2\tv6', '127.0.0.1\tbox.lan box']) {
    assert.ok(text.split('\n').includes(line), line);
  }
});

test('hostsText() in the host network is the text of the host', () => {
  assert.equal(
    hostsText(config, completeHostConfig({ ExtraHosts: ['a:1.1.1.1'] }), 'host file\n'),
    'host file\n1.1.1.1\ta\n',
  );
});

test('resolvConfText() keeps the lines of the host that no option replaces', () => {
  const host = 'nameserver 1.1.1.1\nsearch lan\noptions rotate\n';
  assert.equal(resolvConfText(completeHostConfig({}), host), host);
  assert.equal(
    resolvConfText(completeHostConfig({ Dns: ['9.9.9.9'], DnsOptions: ['ndots:1'] }), host),
    'nameserver 9.9.9.9\nsearch lan\noptions ndots:1\n',
  );
  assert.equal(resolvConfText(completeHostConfig({ DnsSearch: ['.'] }), host), 'nameserver 1.1.1.1\noptions rotate\n');
});
