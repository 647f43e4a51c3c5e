import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DaemonFlags } from '#cli/command.ts';
import { rememberedPath } from '../root-files.ts';
import { loadDefaults, loadSettings, rememberFlags } from './settings.ts';

const flagsOf = (values: Readonly<Record<string, unknown>>, configFile?: string): DaemonFlags => ({
  configFile,
  validate: false,
  install: false,
  values,
});

function fileWith(text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'berth-settings-'));
  const path = join(folder, 'daemon.json');
  writeFileSync(path, text);
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

test('loadSettings() listens where the commands of the root look first', () => {
  assert.deepEqual(loadSettings(flagsOf({}), '/srv/r').hosts, ['unix:///srv/r/berth.sock']);
  const hosts = ['unix:///srv/r/berth.sock', 'tcp://127.0.0.1:1'];
  assert.deepEqual(loadSettings(flagsOf({ hosts: [...hosts] }), '/srv/r').hosts, hosts);
});

test('loadSettings() joins file and flags, and refuses what both say', () => {
  using file = fileWith('{"labels": ["a=b"], "tlsverify": true, "shutdown-timeout": 3}');
  const settings = loadSettings(flagsOf({ debug: true }, file.path), '/srv/r');
  assert.deepEqual([settings.labels, settings.logLevel, settings.graceMs], [['a=b'], 'debug', 3000]);
  assert.deepEqual(settings.tls, {
    cert: '/etc/berth/cert.pem',
    key: '/etc/berth/key.pem',
    ca: '/etc/berth/ca.pem',
    requestCert: true,
  });
  assert.throws(() => loadSettings(flagsOf({ labels: ['c=d'] }, file.path), '/srv/r'), {
    message:
      'the following directives are specified both as a flag and in the configuration file: labels: (from flag: [c=d], from file: [a=b])',
  });
});

test("loadSettings() adds the file's hosts to the sockets of the service manager", () => {
  using file = fileWith('{"hosts": ["tcp://127.0.0.1:1"]}');
  const hosts = (given: string) => loadSettings(flagsOf({ hosts: [given] }, file.path), '/srv/r').hosts;
  assert.deepEqual(hosts('fd://'), ['unix:///srv/r/berth.sock', 'fd://', 'tcp://127.0.0.1:1']);
  assert.throws(() => hosts('unix:///x'), /specified both as a flag and in the configuration file: hosts/);
});

test('loadSettings() names what is wrong with a file', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['[]', /wanted a JSON object/],
    ['{"hosts": "x"}', /hosts is "x", wanted a list of strings/],
    ['{"shutdown-timeout": -1}', /shutdown-timeout is -1, wanted a number/],
    ['{"log-level": "loud"}', /invalid logging level: loud/],
    ['{"labels": ["x"]}', /bad attribute format: x/],
    ['{"data-root": "/x"}', /data-root cannot be set: /],
    ['{"toString": 1}', /don't match any configuration option: toString/],
  ];
  for (const [text, message] of cases) {
    using file = fileWith(text);
    assert.throws(() => loadSettings(flagsOf({}, file.path), '/srv/r'), { kind: 'invalid', message }, text);
  }
  assert.throws(() => loadSettings(flagsOf({}, '/nope/daemon.json'), '/srv/r'), /it does not exist/);
});

test('rememberFlags() keeps what commands without the daemon read, for root alone, and forgets it', () => {
  const root = mkdtempSync(join(tmpdir(), 'berth-settings-'));
  try {
    writeFileSync(rememberedPath(root), 'torn', { mode: 0o644 });
    rememberFlags(flagsOf({ init: true, debug: true }), root);
    assert.deepEqual(loadDefaults(root).host, { Init: true });
    assert.equal(statSync(rememberedPath(root)).mode & 0o777, 0o600);
    assert.equal(readdirSync(root).length, 1);
    rememberFlags(flagsOf({ debug: true }), root);
    assert.deepEqual(readdirSync(root), []);
  } finally {
    rmSync(root, { recursive: true });
  }
});
