import assert from 'node:assert/strict';
import { test } from 'node:test';
import { daemonUnits } from './units.ts';

test('daemonUnits() writes a command that systemd reads as it was meant', () => {
  const options = { global: ['--root', '/srv/50% $HOME'], daemon: ['--group', 'web'] };
  const [service, socket] = daemonUnits('/opt/a b/berth', 'web', '/srv', options);
  assert.match(
    service?.text ?? '',
    /^ExecStart="\/opt\/a b\/berth" --root "\/srv\/50%% \$\$HOME" daemon -H fd:\/\/ --group web$/m,
  );
  assert.match(service?.text ?? '', /^KillMode=process$/m);
  assert.match(socket?.text ?? '', /^SocketGroup=web$/m);
  assert.match(
    daemonUnits('/b', undefined, '/srv/a b', { global: [], daemon: [] })[1]?.text ?? '',
    /^SocketGroup=root$/m,
  );
  const containers = daemonUnits('/b', undefined, '/srv/a b', { global: [], daemon: [] })[2]?.text ?? '';
  assert.match(containers, /^ExecStop=\/b internal shut-down "\/srv\/a b"$/m);
});
