/** `nft flush ruleset`, for which these containers have a network namespace of their own as their host. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { firewallNames } from '#network/firewall/firewall-names.ts';
import { eventually, IMAGE, openEngineFixture } from '../../lib/engine-fixture.ts';
import { holdConnection, openOutsideHost, servePorts } from '../../lib/outside-host.ts';

const PROGRAM = fileURLToPath(new URL('../../../src/main/berth.ts', import.meta.url));
const PORT = 8080;

test('connections through published ports live on without any rule, and rules come back for containers without ports, too', async () => {
  await using fixture = await openEngineFixture();
  await using host = openOutsideHost();
  const at = (...words: string[]) =>
    execFileSync('nsenter', [`--net=${host.namespace}`, ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const run = (...words: string[]) =>
    at(process.execPath, PROGRAM, '--root', fixture.root, 'run', '-d', ...words, IMAGE, 'sleep', '1000000').trim();
  const tables = () => at('nft', 'list', 'tables');
  const { table } = firewallNames(fixture.root);
  const isRestored = () => tables().includes(`table ip ${table}\n`) || undefined;

  run();
  await eventually('somebody guards the rules', () => tables().includes(`table ip ${table}-hold\n`) || undefined);
  at('nft', 'flush', 'ruleset');
  await eventually('the rules are back', isRestored);

  const web = run('-p', `${PORT}:80`);
  await using _server = await servePorts((await fixture.core.containers.inspect(web)).State.Pid, [80]);
  await using held = await holdConnection(host.namespace, '127.0.0.1', PORT);
  assert.equal(await held.say('one'), 'one');
  // Nobody puts the rules back meanwhile: the command takes longer than this.
  at('nft', 'flush', 'ruleset');
  assert.equal(await held.say('two'), 'two');
  await eventually('the rules are back', isRestored);
  assert.equal(await held.say('three'), 'three');
  assert.throws(() => at('nft', 'delete', 'table', 'ip', `${table}-hold`), 'it has an owner');
});
