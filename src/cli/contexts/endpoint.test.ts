import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { GlobalOptions } from '../command.ts';
import { ContextStore, checkContextName } from './context-store.ts';
import { currentContext, useContext } from './current-context.ts';
import { findEndpoint } from './endpoint.ts';

const NOTHING: GlobalOptions = {
  root: undefined,
  isRootGiven: false,
  host: undefined,
  isHostGiven: false,
  context: undefined,
  config: undefined,
  tls: { use: false, verify: undefined, ca: undefined, cert: undefined, key: undefined },
  debug: false,
  logLevel: 'info',
};

function folder() {
  const path = mkdtempSync(join(tmpdir(), 'berth-contexts-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

function storeWith(path: string): ContextStore {
  const store = new ContextStore(join(path, 'contexts'));
  store.write({
    Name: 'far',
    Metadata: {},
    Endpoints: { docker: { Host: 'tcp://far:2376', SkipTLSVerify: false } },
  });
  store.writeTls('far', { ca: Buffer.from('CA') });
  return store;
}

test('findEndpoint() asks option, root, environment and configuration in this order', () => {
  using place = folder();
  storeWith(place.path);
  const options = { ...NOTHING, config: place.path };
  const hostOf = (more: Partial<GlobalOptions>, env: Record<string, string> = {}) =>
    findEndpoint({ ...options, ...more }, env)?.host;
  const DOCKER_HOST = 'unix:///docker';
  assert.equal(hostOf({}), undefined);
  assert.equal(hostOf({}, { DOCKER_HOST }), DOCKER_HOST);
  assert.equal(hostOf({ isRootGiven: true }, { DOCKER_HOST }), undefined);
  assert.equal(hostOf({ host: 'unix:///h' }, { DOCKER_HOST }), 'unix:///h');
  assert.equal(hostOf({ context: 'far' }, { DOCKER_HOST }), 'tcp://far:2376');
  assert.equal(hostOf({}, { DOCKER_CONTEXT: 'far' }), 'tcp://far:2376');
  useContext(options, 'far');
  assert.equal(currentContext(options, {}), 'far');
  assert.equal(hostOf({}), 'tcp://far:2376');
  assert.equal(hostOf({ context: 'default' }), undefined);
  useContext(options, 'default');
  assert.equal(currentContext(options, {}), 'default');
  assert.throws(() => hostOf({ context: 'nope' }), /context "nope": context not found: open /);
  assert.throws(() => hostOf({ host: 'unix:///h', isHostGiven: true, context: 'far' }), /cannot specify both/);
});

test('findEndpoint() reads certificates from options, environment and context', () => {
  using place = folder();
  storeWith(place.path);
  const certificates = join(place.path, 'certificates');
  mkdirSync(certificates);
  for (const name of ['ca', 'cert', 'key']) writeFileSync(join(certificates, `${name}.pem`), name);
  const options = { ...NOTHING, config: place.path, host: 'tcp://h' };
  const env = { DOCKER_CERT_PATH: certificates };
  assert.equal(findEndpoint(options, env)?.tls, undefined);
  const verified = findEndpoint(options, { ...env, DOCKER_TLS_VERIFY: '1' })?.tls;
  assert.equal(verified?.rejectUnauthorized, true);
  assert.equal(String(verified?.ca), 'ca');
  const trusting = findEndpoint({ ...options, tls: { ...NOTHING.tls, use: true } }, env)?.tls;
  assert.deepEqual([trusting?.rejectUnauthorized, trusting?.ca, String(trusting?.key)], [false, undefined, 'key']);
  const wrong = { ...NOTHING.tls, verify: true, ca: '/nope' };
  assert.throws(() => findEndpoint({ ...options, tls: wrong }, env), /unable to resolve docker endpoint: open \/nope/);
  assert.equal(String(findEndpoint({ ...NOTHING, config: place.path, context: 'far' }, {})?.tls?.ca), 'CA');
});

test('ContextStore lists by name, and forgets what is removed', () => {
  using place = folder();
  const store = storeWith(place.path);
  store.write({ Name: 'aa', Metadata: { Description: 'x' }, Endpoints: {} });
  assert.deepEqual(
    store.list().map(({ Name }) => Name),
    ['aa', 'far'],
  );
  store.remove('far');
  assert.equal(store.has('far'), false);
  assert.deepEqual(store.readTls('far'), {});
});

test('checkContextName() takes names that docker takes', () => {
  checkContextName('a.b_c+d-e');
  for (const name of ['', 'default', '-a', 'a', 'a b', '../x']) assert.throws(() => checkContextName(name));
});
