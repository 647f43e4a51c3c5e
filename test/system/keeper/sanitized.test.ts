import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { resize, signalProcess, waitExit } from '#sys/keeper/attach.ts';
import { launch } from '#sys/keeper/launch.ts';
import { PlanError } from '#sys/keeper/plan-error.ts';
import { basicPlan, makeScratch } from './basic-plan.ts';
import { assertNothingLeft, client, demultiplex, runToEnd, started, until } from './running.ts';

const scratch = makeScratch();
after(() => scratch[Symbol.dispose]());

// The keeper with the address and undefined behaviour sanitizers; what they say goes to a file.
const native = fileURLToPath(new URL('../../../native', import.meta.url));
const complaints = join(scratch.dir, 'complaints');
const keeper = join(scratch.dir, 'keeper');
execFileSync('sh', [join(native, 'build.sh'), keeper, 'sanitize'], { stdio: 'inherit' });
writeFileSync(complaints, '');
writeFileSync(`${keeper}.sh`, `#!/bin/sh\nexec ${keeper} 2>>${complaints}\n`, { mode: 0o755 });
process.env['BERTH_KEEPER'] = `${keeper}.sh`;

async function assertClean(): Promise<void> {
  await assertNothingLeft(scratch);
  assert.equal(readFileSync(complaints, 'utf8'), '');
}

test('a whole life under the sanitizers: log with rotation, terminal, input, failures', async () => {
  const log = { driver: 'json-file', path: join(scratch.dir, 'log'), maxSizeBytes: 10_000, maxFiles: 3 } as const;
  const compress = ['/bin/gzip', '-f'];
  const loud = await runToEnd(scratch, { argv: ['sh', '-c', 'seq 1 20000; echo é >&2'], log: { ...log, compress } });
  assert.equal(loud.record.exitCode, 0);
  const binary = await runToEnd(scratch, { argv: ['head', '-c', '300000', '/bin/busybox'], log });
  assert.equal(binary.record.exitCode, 0);
  const terminal = await started(scratch, { argv: ['cat'], stdio: { kind: 'terminal', stdin: 'open' } });
  const one = await client(terminal.runDir, { detachKeys: Buffer.of(16, 17) });
  one.stream.write('hello\n');
  await until('it echoes', () => one.text().includes('hello\r\nhello'));
  one.stream.write(Buffer.of(16, 17));
  await one.ended;
  await signalProcess(terminal.runDir, 9);
  await waitExit(terminal.runDir);
  const bad = basicPlan(scratch.run(), scratch.lower, { argv: ['nowhere'] });
  await assert.rejects(
    launch(bad).then((launched) => launched.start()),
    PlanError,
  );
  await assertClean();
});

/** The same numbers in every run. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state >>> 8;
  }
}

function hostileFrame(random: Generator<number>): Buffer {
  const next = (below: number) => (random.next().value as number) % below;
  const bytes = Buffer.alloc(5 + next(80), next(256));
  const lengths = [0, 1, 2, 5, bytes.length - 4, 60, 61, 0xffff_ffff, 0x8000_0000];
  bytes.writeUInt32LE(lengths[next(lengths.length)] ?? 0, 0);
  bytes.write('ARKIWOEXa?'[next(10)] ?? 'A', 4, 'latin1');
  return bytes.subarray(0, 1 + next(bytes.length));
}

test('clients that talk nonsense harm neither the keeper nor other clients', async () => {
  const running = await started(scratch, {
    argv: ['sleep', '1000'],
    stdio: { kind: 'pipes', stdin: 'open', uid: 0, gid: 0 },
  });
  const honest = await client(running.runDir, { stdin: false });
  const random = numbers(2026);
  for (let i = 0; i < 300; i++) {
    const socket = connect(join(running.runDir, 'ctl'));
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(hostileFrame(random));
    if (i % 2 === 0) socket.end();
    // Whatever that was, the next client is served.
    await assert.rejects(resize(running.runDir, { rows: 1, cols: 1 }), /ENOTTY/);
    socket.destroy();
  }
  await signalProcess(running.runDir, 9);
  await waitExit(running.runDir);
  assert.equal(demultiplex(await honest.ended).stderr, '');
  await assertClean();
});
