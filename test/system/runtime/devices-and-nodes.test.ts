import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { Scratch, withLinux } from './bundle.ts';

test('netDevices: a device of the host moves with its addresses, under another name, and is up', async () => {
  await using scratch = new Scratch();
  const name = `o${process.pid}`;
  execFileSync('ip', ['link', 'add', name, 'mtu', '1400', 'type', 'veth', 'peer', 'name', `${name}p`]);
  try {
    for (const address of ['192.0.2.77/24', '2001:db8:77::1/64']) {
      execFileSync('ip', ['address', 'add', address, 'dev', name]);
    }
    const { stdout, stderr } = await scratch.shell(
      'for f in mtu flags; do cat /sys/class/net/eth0/$f; done; grep -c 192.0.2.77 /proc/net/fib_trie; cat /proc/net/if_inet6',
      (config) => withLinux(config, { netDevices: { [name]: { name: 'eth%d' } } }),
    );
    assert.match(stdout, /^1400\n0x1003\n[1-9]\d*\n/, stderr);
    assert.match(stdout, /^20010db8007700000000000000000001 .* eth0$/m);
    const { stderr: missing } = await scratch.shell('true', (config) =>
      withLinux(config, { netDevices: { [`${name}x`]: {} } }),
    );
    assert.match(missing, /netDevices.*there is no such network device on the host/);
  } finally {
    // It ends with the namespace, a little later than the container.
    execFileSync('sh', ['-c', `ip link del ${name}p 2>/dev/null || true`]);
  }
});

test('netDevices: a taken name is refused, and so is a container without a network of its own', async () => {
  await using scratch = new Scratch();
  const name = `q${process.pid}`;
  execFileSync('ip', ['link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}p`]);
  try {
    const shared = await scratch.shell('true', (config) =>
      withLinux(config, {
        netDevices: { [name]: {} },
        namespaces: config.linux?.namespaces?.filter(({ type }) => type !== 'network') ?? [],
      }),
    );
    assert.match(shared.stderr, /linux.netDevices: devices cannot move without a network namespace/);
    const taken = await scratch.shell('true', (config) =>
      withLinux(config, { netDevices: { [name]: { name: 'lo' } } }),
    );
    assert.match(taken.stderr, /a network device lo exists in the container already/);
    assert.equal(taken.status, 1);
  } finally {
    execFileSync('ip', ['link', 'del', name]);
  }
});

test('memoryPolicy: the process and what exec adds have it', async () => {
  await using scratch = new Scratch();
  const bundle = await scratch.bundle(['sleep', '1000'], (config) =>
    withLinux(config, { memoryPolicy: { mode: 'MPOL_BIND', nodes: '0', flags: ['MPOL_F_STATIC_NODES'] } }),
  );
  const id = scratch.newId();
  await scratch.runDetached('run', '--detach', '--bundle', bundle, id);
  const own = await scratch.run(
    'exec',
    id,
    'sh',
    '-c',
    'grep -c bind=static:0 /proc/1/numa_maps; cat /proc/self/numa_maps',
  );
  assert.match(own.stdout, /^[1-9]\d*\n[0-9a-f]+ bind=static:0 /, own.stderr);
});
