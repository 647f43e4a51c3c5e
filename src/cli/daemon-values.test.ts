import assert from 'node:assert/strict';
import { test } from 'node:test';
import { daemonValues } from './daemon-values.ts';
import { DAEMON_FLAGS } from './flags/daemon.ts';
import { parseFlags } from './parse-flags.ts';

const valuesOf = (...line: string[]) =>
  daemonValues(parseFlags(DAEMON_FLAGS, line, { interspersed: true }).flags, undefined);

test('daemonValues() has the shapes of the configuration file', () => {
  assert.deepEqual(
    valuesOf('--feature', 'buildkit=1', '--feature', 'other=F', '--feature', 'plain', '--default-ulimit', 'nofile=1:2'),
    {
      features: { buildkit: true, other: false, plain: true },
      'default-ulimits': { nofile: { Name: 'nofile', Soft: 1, Hard: 2 } },
    },
  );
});

test('daemonValues() refuses what is neither true nor false', () => {
  assert.throws(() => valuesOf('--feature', 'buildkit=yes'), { message: /"buildkit=yes" for "--feature".*ParseBool/ });
});
