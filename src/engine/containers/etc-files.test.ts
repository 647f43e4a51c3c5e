import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { etcFilesOf, writeEtcFiles, writeNetworkFiles } from './etc-files.ts';
import { completeHostConfig } from './host-config.ts';
import { mergeConfig } from './merge-config.ts';

const config = mergeConfig({ Cmd: ['x'], Domainname: 'lan' }, {}, 'box');

test('writeEtcFiles() names a container without a network on the loopback device; writeNetworkFiles() by its addresses', () => {
  const directory = mkdtempSync(join(tmpdir(), 'berth-etc-'));
  try {
    const files = etcFilesOf(directory);
    const lines = () => readFileSync(files.hosts, 'utf8').split('\n');
    const host = completeHostConfig({ ExtraHosts: ['gw:host-gateway'], NetworkMode: 'none' });
    writeEtcFiles(directory, config, host);
    assert.equal(readFileSync(files.hostname, 'utf8'), 'box\n');
    assert.deepEqual(lines().slice(-3), ['127.0.0.1\tgw', '127.0.0.1\tbox.lan box', '']);
    writeNetworkFiles(directory, config, host, {
      kind: 'names',
      addresses: ['172.18.0.2'],
      hostAddresses: ['172.18.0.1'],
      links: [],
    });
    assert.deepEqual(lines().slice(-3), ['172.18.0.1\tgw', '172.18.0.2\tbox.lan box', '']);
    assert.match(readFileSync(files.resolvConf, 'utf8'), /^nameserver 127\.0\.0\.11\n/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('writeEtcFiles() in the host network gives the text of the host and the extra hosts', () => {
  const directory = mkdtempSync(join(tmpdir(), 'berth-etc-'));
  try {
    writeEtcFiles(directory, config, completeHostConfig({ ExtraHosts: ['a:1.1.1.1'], NetworkMode: 'host' }));
    const text = readFileSync(etcFilesOf(directory).hosts, 'utf8');
    assert.equal(text, `${readFileSync('/etc/hosts', 'utf8').trimEnd()}\n1.1.1.1\ta\n`);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
