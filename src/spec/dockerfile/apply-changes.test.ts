import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyChanges } from './apply-changes.ts';

test('applyChanges() takes every instruction of --change', () => {
  const config = applyChanges({ Env: ['PATH=/bin'] }, [
    'CMD ["top", "-b"]',
    'ENV A=1 B="two words" PATH=$PATH:/x',
    'ENV OLD some value',
    'EXPOSE 80 53/udp 9000-9001',
    'LABEL a.b=c "d e"=f',
    'USER 10:20',
    'VOLUME /a /b',
    'WORKDIR /srv',
    'WORKDIR app/../data',
    'STOPSIGNAL SIGQUIT',
    'ONBUILD RUN make',
    'healthcheck --interval=5s --retries=3 CMD curl -f x',
  ]);
  assert.deepEqual(config, {
    Env: ['PATH=/bin:/x', 'A=1', 'B=two words', 'OLD=some value'],
    Cmd: ['top', '-b'],
    ExposedPorts: { '80/tcp': {}, '53/udp': {}, '9000/tcp': {}, '9001/tcp': {} },
    Labels: { 'a.b': 'c', 'd e': 'f' },
    User: '10:20',
    Volumes: { '/a': {}, '/b': {} },
    WorkingDir: '/srv/data',
    StopSignal: 'SIGQUIT',
    OnBuild: ['RUN make'],
    Healthcheck: { Test: ['CMD-SHELL', 'curl -f x'], Interval: 5_000_000_000, Retries: 3 },
  });
});

test('applyChanges() takes the shell form, and an entrypoint resets the command', () => {
  assert.deepEqual(applyChanges({}, ['CMD echo hi']).Cmd, ['/bin/sh', '-c', 'echo hi']);
  const both = applyChanges({ Cmd: ['a'] }, ['ENTRYPOINT ["/init"]']);
  assert.deepEqual(both, { Entrypoint: ['/init'] });
  assert.deepEqual(applyChanges({}, ['CMD ["a"]', 'ENTRYPOINT ["/init"]']), { Cmd: ['a'], Entrypoint: ['/init'] });
  assert.deepEqual(applyChanges({}, ['EXPOSE 80 $NONE', 'USER a b']), { ExposedPorts: { '80/tcp': {} }, User: 'a b' });
});

test('applyChanges() refuses with docker words', () => {
  const cases: [string, string][] = [
    ['RUN ls', 'RUN is not a valid change command'],
    ['foo x', 'FOO is not a valid change command'],
    ['USER', 'USER requires exactly one argument'],
    ['VOLUME []', 'VOLUME requires at least one argument'],
    ['ENV A', 'ENV must have two arguments'],
    ['ENV A=1 B', `Syntax error - can't find = in "B". Must be of the form: name=value`],
    ['ENV A="x', 'failed to process "\\"x": unexpected end of statement while looking for matching double-quote'],
    ['ONBUILD FROM x', "FROM isn't allowed as an ONBUILD trigger"],
    ['HEALTHCHECK curl', 'Unknown type "CURL" in HEALTHCHECK (try CMD)'],
    ['HEALTHCHECK --retries=x CMD a', 'strconv.ParseInt: parsing "x": invalid syntax'],
    ['EXPOSE x', 'Invalid containerPort: x'],
    ['EXPOSE 80/foo', 'Invalid proto: foo'],
    ['STOPSIGNAL FOO', 'invalid signal: FOO'],
  ];
  for (const [change, message] of cases) assert.throws(() => applyChanges({}, [change]), { message });
});
