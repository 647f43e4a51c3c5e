import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openEngineFixture, removeAll, request, run } from '../../lib/engine-fixture.ts';

const SCRIPT = fileURLToPath(new URL('../../lib/chaos.ts', import.meta.url));

interface Worker {
  readonly kill: () => void;
  readonly ended: Promise<{ code: number | null; errors: string }>;
}

function worker(root: string, seed: number): Worker {
  const child = spawn(process.execPath, [SCRIPT, root, String(seed), '25'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  const ended = new Promise<{ code: number | null; errors: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, errors })),
  );
  return { kill: () => child.kill('SIGKILL'), ended };
}

test('processes that work on the same containers at once, some of them killed, leave a sound engine', async () => {
  await using fixture = await openEngineFixture();
  const workers = [1, 2, 3, 4].map((seed) => worker(fixture.root, seed));
  // The first two are killed when the others are done with about half of their work: whenever that is, it must not matter.
  const [first, second, ...others] = workers;
  const list = () => fixture.core.containers.list({ all: true });
  for (let i = 0; i < 10; i++) await list();
  first?.kill();
  for (let i = 0; i < 10; i++) await list();
  second?.kill();
  for (const each of others) {
    const { code, errors } = await each.ended;
    assert.equal(code, 0, errors);
  }
  await Promise.all([first?.ended, second?.ended]);
  for (const { Id, State } of await list()) {
    const { State: now } = await fixture.core.containers.inspect(Id);
    assert.equal(now.Status, State);
  }
  await removeAll(fixture.core);
  const result = await run(fixture.core, request(['echo', 'fine']));
  assert.equal(result.stdout, 'fine\n');
});
