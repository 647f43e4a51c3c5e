import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { namesDirectory } from '#network/names/name-ops.ts';
import { startDnsServer } from '../../lib/dns-server.ts';
import { until } from '../keeper/running.ts';
import { ask, member, openNamesRoot, processesNaming } from './container.ts';

const BUILD = fileURLToPath(new URL('../../../native/resolver/build.sh', import.meta.url));
const FUZZER = fileURLToPath(new URL('../../lib/dns-fuzzer.ts', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'berth-hostile-'));
after(() => rmSync(dir, { recursive: true }));

function built(kind: 'parser' | 'sanitize'): string {
  const out = join(dir, kind);
  execFileSync('sh', [BUILD, out, kind], { stdio: 'inherit' });
  return out;
}

test('the parsers survive mutated queries, answers and files, and what they write is sound', () => {
  const parser = built('parser');
  for (const seed of ['1', '20261127', '987654321']) {
    const said = execFileSync(parser, [seed, '400000'], { encoding: 'utf8' });
    const [, answered, taken, loaded] = /answered (\d+) taken (\d+) loaded (\d+)/.exec(said) ?? [];
    // A run in which everything is refused tests only the first check.
    assert.ok(Number(answered) > 10_000 && Number(taken) > 1000 && Number(loaded) > 1000, said);
  }
});

test('100,000 hostile packets neither end the sanitized resolver nor make it grow, and others are answered meanwhile', async () => {
  process.env['BERTH_RESOLVER'] = built('sanitize');
  await using server = await startDnsServer((name) =>
    name.length % 2 === 0 ? { addresses: ['10.0.0.1'] } : { rcode: 2 },
  );
  await using names = openNamesRoot();
  const web = await names.start('web', [member('red', ['web', 'pool'], ['172.30.0.2'])], {
    servers: [{ address: server.address, inside: false }],
  });
  const other = await names.start('other', [member('red', ['other', 'pool'], ['172.30.0.3'])]);
  const resolver = await until('the resolver runs', () =>
    processesNaming(namesDirectory(names.root)).find(
      (pid) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'berth-resolver\n',
    ),
  );
  const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${resolver}/status`, 'utf8'))?.[1]);
  const attack = async (packets: number, seed: number) => {
    const argv = ['-t', String(web.pid), '-n', process.execPath, FUZZER, '127.0.0.11', String(packets), String(seed)];
    await promisify(execFile)('nsenter', argv);
  };
  await attack(20_000, 1);
  const before = memory();
  const [, [answer]] = await Promise.all([attack(80_000, 2), ask(other, { name: 'web' })]);
  assert.deepEqual(answer?.records, ['A 172.30.0.2']);
  const [after1, afterTcp] = await ask(web, { name: 'other' }, { name: 'other', tcp: true });
  assert.deepEqual([after1?.records, afterTcp?.records], [['A 172.30.0.3'], ['A 172.30.0.3']]);
  assert.ok(memory() < before + 65_536, `${before} KiB became ${memory()}`);
});
