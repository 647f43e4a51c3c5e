import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, test } from 'node:test';
import { waitExit } from '#sys/keeper/attach.ts';
import { launch } from '#sys/keeper/launch.ts';
import { keepSpareKeeper, takeSpareKeeper } from '#sys/keeper/spare-keeper.ts';
import { basicPlan, makeScratch } from './basic-plan.ts';
import { assertNothingLeft, isAlive, until } from './running.ts';

const MODULE = new URL('../../../src/sys/keeper/spare-keeper.ts', import.meta.url).href;
const scratch = makeScratch();
after(() => scratch[Symbol.dispose]());

test('a spare keeper is taken by the next start, replaced, and ends with its owner', async () => {
  const spare = keepSpareKeeper();
  const first = await until('a spare keeper', () => takeSpareKeeper());
  first.channel.destroy();
  await until('its end', () => !isAlive(first.pid));
  const paths = scratch.run();
  const launched = await launch(basicPlan(paths, scratch.lower, { argv: ['sh', '-c', 'exit 4'] }));
  await launched.start();
  assert.equal((await waitExit(paths.runDir)).exitCode, 4);
  const last = await until('another spare keeper', () => takeSpareKeeper());
  spare[Symbol.dispose]();
  assert.equal(takeSpareKeeper(), undefined);
  assert.ok(isAlive(last.pid));
  last.channel.destroy();
  await until('its end', () => !isAlive(last.pid));
  await assertNothingLeft(scratch);
});

test('a spare keeper that was killed is not handed out', async () => {
  const spare = keepSpareKeeper();
  const taken = await until('a spare keeper', () => takeSpareKeeper());
  process.kill(taken.pid, 'SIGKILL');
  await until('the end of its channel', () => taken.channel.destroyed);
  spare[Symbol.dispose]();
});

test('a first process of a pid namespace, which collects only what it started itself, keeps none', () => {
  const script = `
    const { readdirSync } = await import('node:fs');
    const { keepSpareKeeper, takeSpareKeeper } = await import(${JSON.stringify(MODULE)});
    const spare = keepSpareKeeper();
    // Long enough for one to come, if one does.
    const pause = (await import('node:child_process')).spawn('sleep', ['1']);
    await new Promise((resolve) => pause.once('exit', resolve));
    takeSpareKeeper()?.channel.destroy();
    spare[Symbol.dispose]();
    console.log(readdirSync('/proc').filter((name) => Number(name) > 1).length);`;
  const inside = ['--pid', '--fork', '--mount-proc', process.execPath, '--input-type=module', '-e', script];
  assert.equal(execFileSync('unshare', inside, { encoding: 'utf8' }), '0\n');
});
