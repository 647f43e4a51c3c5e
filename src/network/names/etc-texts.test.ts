import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HostsFile, hostsText, updatedHosts } from './hosts-file.ts';
import {
  bridgeResolvConf,
  hostResolvConf,
  isOnlyStub,
  parseResolvConf,
  resolverResolvConf,
  setsNdots,
} from './resolv-conf.ts';

const NOTHING = { servers: [], search: [], options: [] };
const FILE: HostsFile = {
  hostname: 'box',
  domainname: '',
  extraHosts: [],
  hostAddresses: [],
  links: [],
  addresses: [],
};
const LOCAL = hostsText(FILE);

test('hostsText() has the local names, extra hosts, links and the container itself, in this order', () => {
  const text = hostsText({
    ...FILE,
    domainname: 'lan',
    extraHosts: ['db:10.0.0.1', 'v6=[::2]', 'host.docker.internal:host-gateway'],
    hostAddresses: ['172.18.0.1', 'fd00::1'],
    links: [{ address: '172.17.0.3', names: 'web 0123 web1' }],
    addresses: ['172.18.0.2', 'fd00::2'],
  });
  assert.equal(
    text,
    `${LOCAL}10.0.0.1\tdb\n::2\tv6\n172.18.0.1\thost.docker.internal\nfd00::1\thost.docker.internal\n` +
      '172.17.0.3\tweb 0123 web1\n172.18.0.2\tbox.lan box\nfd00::2\tbox.lan box\n',
  );
});

test('hostsText() splits a host name that is a full name', () => {
  assert.equal(hostsText({ ...FILE, hostname: 'a.b.c', addresses: ['10.0.0.2'] }), `${LOCAL}10.0.0.2\ta.b.c a\n`);
});

test('updatedHosts() replaces what changes and keeps what the container wrote', () => {
  const before = { ...FILE, addresses: ['10.0.0.2'], links: [{ address: '10.0.0.3', names: 'db 01' }] };
  const after = { ...before, addresses: ['10.0.0.2', '10.1.0.2'], links: [{ address: '10.0.0.4', names: 'db 01' }] };
  assert.equal(updatedHosts(after, hostsText(before)), hostsText(after));
  const edited = `${hostsText(before)}# mine\n10.9.9.9 other\n`;
  assert.equal(updatedHosts(after, edited), `${hostsText(after)}# mine\n10.9.9.9 other\n`);
});

test('hostsText() in the host network is the text of the host with the extra hosts', () => {
  const text = hostsText({ ...FILE, extraHosts: ['a:1.1.1.1'], addresses: ['10.0.0.1'], hostText: 'host file\n' });
  assert.equal(text, 'host file\n1.1.1.1\ta\n');
});

test('parseResolvConf() reads what resolv.conf(5) says and keeps the rest', () => {
  const text =
    '# c\n\nnameserver 1.1.1.1 # first\nnameserver nonsense\nnameserver fe80::1%eth0\ndomain old\nsearch a b\noptions x y\noptions z\nsortlist 1\n';
  assert.deepEqual(parseResolvConf(text), {
    servers: ['1.1.1.1', 'fe80::1%eth0'],
    search: ['a', 'b'],
    options: ['x', 'y', 'z'],
    other: ['sortlist 1'],
  });
  assert.equal(isOnlyStub(parseResolvConf('nameserver 127.0.0.53\n')), true);
  assert.equal(isOnlyStub(parseResolvConf('')), false);
});

test('hostResolvConf() replaces what the user says and keeps the rest', () => {
  const host = parseResolvConf('nameserver 127.0.0.53\nsearch lan\noptions rotate\n');
  assert.equal(hostResolvConf(host, NOTHING), 'nameserver 127.0.0.53\nsearch lan\noptions rotate\n');
  assert.equal(
    hostResolvConf(host, { servers: ['9.9.9.9'], search: ['.'], options: ['ndots:1'] }),
    'nameserver 9.9.9.9\noptions ndots:1\n',
  );
});

test('bridgeResolvConf() leaves out servers that a container can not reach', () => {
  const host = parseResolvConf('nameserver 127.0.0.1\nnameserver 10.0.0.53\nnameserver fd00::53\nsearch lan\n');
  assert.equal(bridgeResolvConf(host, NOTHING, false), 'nameserver 10.0.0.53\nsearch lan\n');
  assert.equal(bridgeResolvConf(host, NOTHING, true), 'nameserver 10.0.0.53\nnameserver fd00::53\nsearch lan\n');
  const stub = parseResolvConf('nameserver 127.0.0.53\n');
  assert.equal(bridgeResolvConf(stub, NOTHING, false), 'nameserver 8.8.8.8\nnameserver 8.8.4.4\n');
  assert.equal(bridgeResolvConf(stub, { ...NOTHING, servers: ['127.0.0.1'] }, false), 'nameserver 127.0.0.1\n');
});

test('resolverResolvConf() names the resolver and sets ndots unless somebody did', () => {
  const host = parseResolvConf('nameserver 10.0.0.53\nsearch lan\noptions edns0\n');
  assert.equal(resolverResolvConf(host, NOTHING), 'nameserver 127.0.0.11\nsearch lan\noptions edns0 ndots:0\n');
  const asked = { ...NOTHING, servers: ['1.1.1.1'], options: ['ndots:3'] };
  assert.equal(resolverResolvConf(host, asked), 'nameserver 127.0.0.11\nsearch lan\noptions ndots:3\n');
  assert.equal(
    resolverResolvConf(host, { ...NOTHING, options: ['ndots:x'] }),
    'nameserver 127.0.0.11\nsearch lan\noptions ndots:0\n',
  );
  assert.deepEqual([setsNdots(host, NOTHING), setsNdots(host, asked)], [false, true]);
});
