import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { launch } from '#sys/keeper/launch.ts';
import type { PlanOp } from '#sys/keeper/plan.ts';
import { PlanError } from '#sys/keeper/plan-error.ts';
import { text } from '#sys/netlink/attribute.ts';
import { batchOf, NLM_F_CREATE, nftMessage } from '#sys/nftables/message.ts';
import { basicPlan, makeScratch } from './basic-plan.ts';
import { runToEnd } from './running.ts';

const scratch = makeScratch();
after(() => scratch[Symbol.dispose]());

const NEWTABLE = 0;
const GETTABLE = 1;
const DELTABLE = 2;

const table = (type: number, name: string, flags = 0) => nftMessage(type, flags, 'ip', text(1, name));

/** In the container's own network namespace. */
function netfilter(messages: readonly Uint8Array[], batch: boolean): PlanOp {
  return { side: 'child', op: 'netlink', family: 12, batch, messages: messages.map((bytes) => ({ bytes })) };
}

const isThere = (name: string) => netfilter([table(GETTABLE, name)], false);

async function failureOf(...ops: readonly PlanOp[]): Promise<number> {
  const plan = basicPlan(scratch.run(), scratch.lower, { argv: ['true'], beforePivot: ops });
  try {
    await (await launch(plan)).abort();
    return 0;
  } catch (error) {
    assert.ok(error instanceof PlanError);
    return error.errno;
  }
}

const ENOENT = 2;
const EMSGSIZE = 90;

test('a batch is one transaction: its tables are there afterwards, or none of them', async () => {
  const made = batchOf([table(NEWTABLE, 'one', NLM_F_CREATE), table(NEWTABLE, 'two', NLM_F_CREATE)]);
  await runToEnd(scratch, { argv: ['true'], beforePivot: [netfilter(made, true), isThere('one'), isThere('two')] });
  const failing = batchOf([table(NEWTABLE, 'one', NLM_F_CREATE), table(DELTABLE, 'absent')]);
  assert.equal(await failureOf(netfilter(failing, true)), ENOENT);
  const tolerated = { ...netfilter(failing, true), tolerate: [ENOENT] };
  assert.equal(await failureOf(tolerated, isThere('one')), ENOENT, 'nothing of a refused batch stays');
});

test('a batch of a thousand messages goes in one piece', async () => {
  const many = Array.from({ length: 1000 }, (_, i) => table(NEWTABLE, `table-${i}`, NLM_F_CREATE));
  await runToEnd(scratch, { argv: ['true'], beforePivot: [netfilter(batchOf(many), true), isThere('table-999')] });
});

test('messages of a batch that are no messages are refused', async () => {
  assert.equal(await failureOf(netfilter([new Uint8Array(8)], true)), EMSGSIZE);
  assert.equal(await failureOf(netfilter([new Uint8Array(9000)], true)), EMSGSIZE);
});
