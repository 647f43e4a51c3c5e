import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RunHelper } from './credential-helper.ts';
import { HUB_KEY, openCredentialStore } from './credential-store.ts';

const noHelper: RunHelper = () => Promise.reject(new Error('no helper was asked for'));

async function withFolder(
  config: object | undefined,
  use: (folder: string, path: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-credentials-'));
  const path = join(folder, 'config.json');
  try {
    if (config !== undefined) writeFileSync(path, JSON.stringify(config), { mode: 0o644 });
    await use(folder, path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('CredentialStore keeps what it stores, for its owner alone, and leaves the rest of the file as it is', () =>
  withFolder({ psFormat: 'x', auths: { 'other:1': { auth: 'YTpi' } } }, async (folder, path) => {
    const store = openCredentialStore(folder, noHelper);
    assert.equal(await store.get('quay.io'), undefined);
    assert.equal(await store.store('quay.io', { username: 'me', password: 'a:b' }), true);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const { username, password } = (await store.get('quay.io'))!;
    assert.deepEqual([username, password], ['me', 'a:b']);
    assert.equal(await store.erase('quay.io'), true);
    assert.equal(await store.erase('quay.io'), false);
    assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { psFormat: 'x', auths: { 'other:1': { auth: 'YTpi' } } });
  }));

test('CredentialStore finds old keys that are URLs, and tokens', () =>
  withFolder(
    { auths: { 'https://quay.io/v1/': { auth: 'YTpi' }, [HUB_KEY]: { auth: 'YTo=', identitytoken: 't' } } },
    async (folder) => {
      const store = openCredentialStore(folder, noHelper);
      assert.equal((await store.get('quay.io'))?.password, 'b');
      assert.equal((await store.get(HUB_KEY))?.identityToken, 't');
    },
  ));

test('CredentialStore asks helpers: the one of the registry before the one for all', () =>
  withFolder({ credsStore: 'all', credHelpers: { 'quay.io': 'one' } }, async (folder, path) => {
    const calls: string[] = [];
    const run: RunHelper = async (program, args, stdin) => {
      calls.push(`${program} ${args.join(' ')} ${stdin}`);
      if (args[0] !== 'get') return { status: 0, stdout: '', stderr: '' };
      if (program.endsWith('one'))
        return { status: 0, stdout: '{"ServerURL":"x","Username":"<token>","Secret":"t"}', stderr: '' };
      return { status: 1, stdout: 'credentials not found in native keychain\n', stderr: '' };
    };
    const store = openCredentialStore(folder, run);
    assert.deepEqual(await store.get('quay.io'), { identityToken: 't' });
    assert.equal(await store.get('other:1'), undefined);
    assert.equal(await store.store('other:1', { username: 'me', password: 'p' }), false);
    assert.deepEqual(calls, [
      'docker-credential-one get quay.io',
      'docker-credential-all get other:1',
      'docker-credential-all store {"ServerURL":"other:1","Username":"me","Secret":"p"}',
    ]);
    assert.ok(!readFileSync(path, 'utf8').includes('bWU6'), 'the password is not in the file');
  }));

test('CredentialStore says which file it cannot read', () =>
  withFolder(undefined, async (folder, path) => {
    writeFileSync(path, '{');
    await assert.rejects(openCredentialStore(folder, noHelper).get('x'), /config\.json/);
    writeFileSync(path, JSON.stringify({ credsStore: '../evil' }));
    await assert.rejects(openCredentialStore(folder, noHelper).get('x'), /invalid credential helper name/);
  }));
