import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseReference } from '#spec/reference.ts';
import { isInsecure, loginEndpoint, pullEndpoints, pushEndpoint } from './endpoints.ts';
import { parseRegistriesConf } from './registries-conf.ts';

const NOTHING = { rules: [], mirrors: [], insecure: [] };
const places = (name: string, settings: Parameters<typeof pullEndpoints>[1]) =>
  pullEndpoints(parseReference(name), settings).map(
    ({ host, path, insecure }) => `${host}/${path}${insecure ? ' insecure' : ''}`,
  );

test('pullEndpoints() knows where Docker keeps its images, and what is on this machine', () => {
  assert.deepEqual(places('busybox', NOTHING), ['registry-1.docker.io/library/busybox']);
  assert.deepEqual(places('localhost:5000/x', NOTHING), ['localhost:5000/x insecure']);
  assert.deepEqual(places('quay.io/x/y', { ...NOTHING, insecure: ['quay.io'] }), ['quay.io/x/y insecure']);
});

test('pullEndpoints() puts mirrors first, those of the daemon for Docker only', () => {
  const settings = { ...NOTHING, mirrors: ['https://m.example', 'http://n.example:5000/prefix/'] };
  assert.deepEqual(places('busybox', settings), [
    'm.example/library/busybox',
    'n.example:5000/prefix/library/busybox insecure',
    'registry-1.docker.io/library/busybox',
  ]);
  assert.deepEqual(places('quay.io/x', settings), ['quay.io/x']);
});

const RULES = parseRegistriesConf(`
unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "docker.io/library"
location = "inner.example/hub"
insecure = true
[[registry.mirror]]
location = "tags.example/m"
pull-from-mirror = "tag-only"
[[registry.mirror]]
location = "digests.example/m"
pull-from-mirror = "digest-only"
[[registry]]
prefix = "*.wild.example"
location = "tame.example"
[[registry]]
location = "no.example"
blocked = true
`);

test('pullEndpoints() follows registries.conf: longest prefix, new places, mirrors for tags and digests', () => {
  const settings = { ...NOTHING, rules: RULES };
  assert.deepEqual(places('busybox', settings), ['tags.example/m/busybox', 'inner.example/hub/busybox insecure']);
  const digest = `sha256:${'a'.repeat(64)}`;
  assert.deepEqual(places(`busybox@${digest}`, settings), [
    'digests.example/m/busybox',
    'inner.example/hub/busybox insecure',
  ]);
  assert.deepEqual(places('x.wild.example/a/b', settings), ['tame.example/a/b']);
  assert.throws(() => places('no.example/x', settings), /registry no\.example is blocked/);
  assert.throws(() => pushEndpoint(parseReference('no.example/x'), settings), /blocked/);
});

test('isInsecure() knows hosts, ranges of addresses, and this machine', () => {
  const insecure = ['reg.example:5000', '10.1.0.0/16', 'fd00::/8'];
  for (const host of [
    'reg.example:5000',
    '10.1.2.3:5000',
    '10.1.2.3',
    '[fd00::1]:80',
    '127.0.0.1:1',
    'localhost',
    '[::1]:5',
  ])
    assert.ok(isInsecure(host, { insecure }), host);
  for (const host of ['reg.example', '10.2.0.1', 'x.reg.example:5000', '[fe80::1]:80'])
    assert.ok(!isInsecure(host, { insecure }), host);
});

test('loginEndpoint() takes Docker by all its names', () => {
  for (const name of ['', 'docker.io', 'https://index.docker.io/v1/', 'registry-1.docker.io'])
    assert.equal(loginEndpoint(name, NOTHING).host, 'registry-1.docker.io');
  assert.equal(loginEndpoint('https://quay.io/v2/', NOTHING).host, 'quay.io');
});

test('parseRegistriesConf() names what it cannot take', () => {
  assert.throws(() => parseRegistriesConf('[registries.search]\nregistries = []'), /version 1/);
  assert.throws(
    () => parseRegistriesConf('[[registry]]\ninsecure = "yes"\nlocation = "x"'),
    /registry\.insecure: not true or false/,
  );
  assert.throws(() => parseRegistriesConf('[[registry]]\ninsecure = true'), /needs a location or a prefix/);
  assert.throws(() => parseRegistriesConf('[[registry]'), /./);
});
