import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBerthError } from '#base/errors.ts';
import type { LaunchPlan } from './plan.ts';
import { errnoName, exitStatusOf, explainFailure, type PlanFailure, planError } from './plan-error.ts';

const exec: PlanFailure = { side: 'child', index: 0, op: 'exec', errno: 2, reason: 'none', path: '/x', detail: '' };

test('explainFailure() says why a program can not run, and exitStatusOf() agrees with docker', () => {
  const cases: [Partial<PlanFailure>, string, number][] = [
    [{ reason: 'not-found', path: 'foo' }, 'exec: "foo": executable file not found in $PATH', 127],
    [{ reason: 'not-found' }, 'exec: "/x": stat /x: no such file or directory', 127],
    [{ reason: 'directory' }, 'exec: "/x": is a directory', 126],
    [{ reason: 'not-executable' }, 'exec: "/x": permission denied', 126],
    [{ errno: 7 }, 'exec: "/x": E2BIG', 128],
  ];
  for (const [more, words, status] of cases) {
    const failure = { ...exec, ...more };
    assert.equal(explainFailure(failure), words);
    assert.equal(exitStatusOf(failure), status);
  }
  assert.match(explainFailure({ ...exec, reason: 'wrong-machine', detail: '183' }), /a program for arm64/);
  assert.match(explainFailure({ ...exec, reason: 'wrong-machine', detail: '9999' }), /a program for machine 9999/);
  assert.match(explainFailure({ ...exec, reason: 'crlf-interpreter', detail: '/bin/sh' }), /CR LF.*"\/bin\/sh\\r"/);
});

test('explainFailure() names what was tried, on what, and why', () => {
  const failure: PlanFailure = { ...exec, op: 'attach', errno: 20, path: '/etc/hosts' };
  assert.equal(explainFailure(failure), 'mount at /etc/hosts: not a directory');
  assert.equal(explainFailure(failure, 'bind /srv on'), 'bind /srv on /etc/hosts: not a directory');
  assert.equal(
    explainFailure({ ...failure, op: 'new-mount', path: 'overlay', errno: 22, detail: 'overlay: workdir in use' }),
    'make filesystem overlay: invalid argument (overlay: workdir in use)',
  );
  assert.equal(
    explainFailure({ ...failure, op: 'run', path: '/hook', reason: 'program-failed', detail: 'exit status 1: no' }),
    'run /hook: exit status 1: no',
  );
  assert.equal(
    explainFailure({ ...failure, op: 'run', path: '/hook', reason: 'timeout' }),
    'run /hook: it did not end in time',
  );
  assert.match(explainFailure({ ...failure, reason: 'child-died', detail: 'signal 31' }), /died while .* signal 31/);
  assert.match(explainFailure({ ...failure, op: 'chdir', reason: 'outside-root' }), /outside of the container root/);
});

test('explainFailure() uses the words that those look for who know runc', () => {
  const hook: PlanFailure = { ...exec, op: 'run', path: '/hook', reason: 'program-failed', detail: 'signal 31' };
  assert.equal(
    explainFailure(hook, 'poststart hook #0:'),
    'error running poststart hook #0: /hook: signal 31: bad system call',
  );
  const proc: PlanFailure = { ...exec, op: 'attach', errno: 40, path: '/proc', reason: 'none' };
  assert.match(explainFailure(proc), /^\/proc must be mounted on ordinary directory: /);
  const deadline: PlanFailure = { ...exec, op: 'scheduler', errno: 1, path: '', reason: 'none' };
  assert.match(explainFailure(deadline), /process scheduler can't be used together with AllowedCPUs/);
});

test('planError() finds the words of the op that failed', () => {
  const plan = { ops: [{ op: 'attach', side: 'child', slot: 1, at: { path: '/a' }, about: 'mount the volume v at' }] };
  // Only `ops` is looked at.
  const error = planError(plan as unknown as LaunchPlan, { ...exec, op: 'attach', errno: 13, path: '/a' });
  assert.ok(isBerthError(error, 'internal'));
  assert.equal(error.message, 'mount the volume v at /a: permission denied');
  assert.deepEqual([error.code, error.errno, error.path, error.index], ['start.attach', 13, '/a', 0]);
});

test('errnoName() knows the machine’s names', () => {
  assert.equal(errnoName(2), 'ENOENT');
  assert.equal(errnoName(9999), 'errno 9999');
});
