import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogs } from '#engine/logs/log-reader.ts';
import { shutDown } from '#engine/shut-down.ts';
import { eventually, openEngineFixture, request } from '../../lib/engine-fixture.ts';

test('a shutdown of the machine ends containers in good order, and none is restarted or counted as stopped', async () => {
  // With an exit command, as in life: it would restart what ends.
  await using fixture = await openEngineFixture();
  const { containers, context } = fixture.core;
  const script = 'trap "echo bye; exit 3" TERM; echo ready; while :; do sleep 0.05; done';
  const start = async (name: string, RestartPolicy: { Name: string; MaximumRetryCount: number }) => {
    await containers.create(request(['sh', '-c', script], { HostConfig: { RestartPolicy } }), { name });
    await containers.start(name);
  };
  const textOf = async (name: string) => {
    const { stream } = await createLogs(containers).read(name, { stdout: true });
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('latin1');
  };
  await start('always', { Name: 'always', MaximumRetryCount: 0 });
  await start('unless', { Name: 'unless-stopped', MaximumRetryCount: 0 });
  await start('plain', { Name: 'no', MaximumRetryCount: 0 });
  for (const name of ['always', 'unless', 'plain'])
    await eventually(`${name} is ready`, async () => (await textOf(name)).includes('ready') || undefined);
  await shutDown(context);
  for (const name of ['always', 'unless', 'plain']) {
    const { State } = await containers.inspect(name);
    assert.deepEqual([State.Status, State.ExitCode], ['exited', 3], name);
    assert.match(await textOf(name), /bye/);
    const id = context.containers.idOfName(name)!;
    assert.equal(context.containers.get(id)?.stoppedByUser, false);
  }
  // Afterwards policies hold again.
  await containers.start('always');
  await eventually('it is ready', async () => (await textOf('always')).split('ready').length === 3 || undefined);
  const { Id } = await fixture.core.execs.create('always', { Cmd: ['kill', '-TERM', '1'] });
  await fixture.core.execs.start(Id, { Detach: true });
  await eventually('it is restarted', async () => (await containers.inspect('always')).State.Restarting || undefined);
  await containers.stop('always', { timeout: 0 });
});
