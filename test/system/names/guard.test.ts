import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { namesDirectory } from '#network/names/name-ops.ts';
import { batchOf } from '#sys/nftables/message.ts';
import { deleteTable, newChain, newTable, type Table } from '#sys/nftables/object.ts';
import { NETLINK_NETFILTER, talk } from '#sys/nftables/talk.ts';
import { until } from '../keeper/running.ts';
import { member, openNamesRoot, processesNaming } from './container.ts';

const TABLE: Table = { family: 'ip', name: `berth-test-${process.pid}` };
const CHAIN = { name: 'some', rules: [] };

async function change(...messages: readonly Buffer[]): Promise<void> {
  const { refusal } = await talk(NETLINK_NETFILTER, batchOf(messages));
  assert.equal(refusal, undefined);
}

/** Another program that deletes a chain of the table. */
function thinOut(): void {
  const script = fileURLToPath(new URL('thin-out.ts', import.meta.url));
  execFileSync(process.execPath, [script, TABLE.name, CHAIN.name], { stdio: ['ignore', 'ignore', 'inherit'] });
}

test('the guard has the rules put back when somebody takes them away, whenever that is, and not for changes of our own', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'berth-guard-'));
  const log = join(scratch, 'restored');
  const restored = () => (existsSync(log) ? readFileSync(log, 'utf8').length : 0);
  const restore = ['/bin/sh', '-c', `printf x >> ${log}`];
  try {
    await change(newTable(TABLE), newChain(TABLE, CHAIN));
    await using names = openNamesRoot({ table: TABLE.name, restore });
    await names.start('web', [member('red', ['web'], ['172.30.0.2'])]);
    const guard = () =>
      processesNaming(namesDirectory(names.root)).find(
        (pid) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'berth-guard\n',
      );
    const first = await until('the guard runs', guard);
    // Replaced in one transaction: nothing is missing at any time. What follows shows that this was not counted.
    await change(deleteTable(TABLE), newTable(TABLE), newChain(TABLE, CHAIN));
    await change(deleteTable(TABLE));
    await until('the command ran', () => restored() === 1);
    await change(newTable(TABLE), newChain(TABLE, CHAIN));
    thinOut();
    await until('the command ran again', () => restored() === 2);
    process.kill(first, 'SIGKILL');
    await change(deleteTable(TABLE));
    await until('another guard runs', () => (guard() ?? first) !== first);
    await until('the command ran once more', () => restored() === 3);
  } finally {
    await talk(NETLINK_NETFILTER, batchOf([deleteTable(TABLE)]));
    rmSync(scratch, { recursive: true });
  }
});
