import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openEngineFixture, request, run } from '../../lib/engine-fixture.ts';

test('a container runs, its output and exit code arrive, and it stays until it is removed', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  const result = await run(core, request(['sh', '-c', 'echo out; echo err >&2; exit 3']));
  assert.deepEqual([result.code, result.stdout, result.stderr], [3, 'out\n', 'err\n']);
  const { State } = await core.containers.inspect(result.id);
  assert.deepEqual([State.Status, State.ExitCode, State.Running, State.Pid], ['exited', 3, false, 0]);
  await core.containers.remove(result.id);
  await assert.rejects(core.containers.inspect(result.id), {
    kind: 'not-found',
    message: `No such container: ${result.id}`,
  });
});
