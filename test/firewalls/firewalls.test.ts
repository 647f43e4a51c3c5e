/** Published ports and containers' own traffic on a host with ufw or firewalld, which run in a network namespace with files of their own. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../src/main/berth.ts', import.meta.url));
const PORT = 18_080;
const ADDRESSES = { v4: '198.51.100.1', v6: '2001:db8:1::1' } as const;
const OUTSIDE = { v4: '198.51.100.7', v6: '2001:db8:1::7' } as const;

interface Machine extends AsyncDisposable {
  readonly scratch: string;
  /** Runs a program on it. @throws with what it wrote when it fails */
  run(...words: string[]): string;
  begin(...words: string[]): ChildProcess;
  berth(...words: string[]): string;
  /** What the outside host gets from the published port. */
  ask(family: 'v4' | 'v6'): string;
}

const ip = (...words: string[]) => execFileSync('ip', words, { stdio: 'pipe' });

function linkMachines(host: string, outside: string): void {
  for (const name of [host, outside]) ip('netns', 'add', name);
  ip('link', 'add', 'up0', 'netns', host, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', outside);
  for (const [name, device, addresses] of [
    [host, 'up0', ADDRESSES],
    [outside, 'eth0', OUTSIDE],
  ] as const) {
    ip('-n', name, 'address', 'add', `${addresses.v4}/24`, 'dev', device);
    ip('-n', name, 'address', 'add', `${addresses.v6}/64`, 'dev', device, 'nodad');
    ip('-n', name, 'link', 'set', device, 'up');
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }
}

/** A machine with a neighbour, whose containers are this machine's. */
async function openMachine(): Promise<Machine> {
  const scratch = mkdtempSync(join(tmpdir(), 'berth-firewalls-'));
  const root = join(scratch, 'root');
  const host = `bfh${process.pid}`;
  const outside = `bfo${process.pid}`;
  linkMachines(host, outside);
  const holder = spawn('nsenter', [
    `--net=/run/netns/${host}`,
    'unshare',
    '-m',
    '--propagation',
    'private',
    'sh',
    '-c',
    'echo ready; exec sleep 100000',
  ]);
  await once(holder.stdout, 'data');
  const enter = ['-t', String(holder.pid), '-m', '-n'];
  const run = (...words: string[]) =>
    execFileSync('nsenter', [...enter, ...words], { encoding: 'utf8', stdio: 'pipe' });
  const berth = (...words: string[]) => run(process.execPath, PROGRAM, '--root', root, ...words);
  const files = join(scratch, 'files/bin');
  mkdirSync(files, { recursive: true });
  cpSync('/bin/busybox', join(files, 'busybox'), { dereference: true });
  execFileSync('chroot', [join(scratch, 'files'), '/bin/busybox', '--install', '-s', '/bin']);
  execFileSync('tar', ['-C', join(scratch, 'files'), '-cf', join(scratch, 'image.tar'), '.']);
  berth('import', join(scratch, 'image.tar'), 'busybox');
  return {
    scratch,
    run,
    berth,
    begin: (...words) => spawn('nsenter', [...enter, ...words], { stdio: 'ignore' }),
    ask: (family) => {
      const address = family === 'v4' ? ADDRESSES.v4 : `[${ADDRESSES.v6}]`;
      const words = ['curl', '-gs', '-m', '4', `http://${address}:${PORT}/`];
      try {
        return execFileSync('nsenter', [`--net=/run/netns/${outside}`, ...words], { encoding: 'utf8' }).trim();
      } catch {
        return 'nothing';
      }
    },
    [Symbol.asyncDispose]: async () => {
      const ids = berth('ps', '-aq').split('\n').filter(Boolean);
      if (ids.length > 0) berth('rm', '-f', ...ids);
      run(process.execPath, PROGRAM, 'internal', 'remove-network', root);
      holder.kill('SIGKILL');
      await once(holder, 'exit');
      for (const name of [host, outside]) ip('netns', 'delete', name);
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** Files of a program that it changes, replaced by a copy that only this machine sees. */
function ownCopy(machine: Machine, path: string): void {
  if (!existsSync(path)) return;
  const copy = join(machine.scratch, path.replaceAll('/', '_'));
  cpSync(path, copy, { recursive: true });
  machine.run('mount', '--bind', copy, path);
}

function startWeb(machine: Machine): void {
  machine.berth('network', 'create', '--ipv6', 'dual');
  const script = 'mkdir /www; echo hello > /www/index.html; httpd -f -p [::]:80 -h /www';
  machine.berth('run', '-d', '--name', 'web', '--network', 'dual', '-p', `${PORT}:80`, 'busybox', 'sh', '-c', script);
  for (let tries = 0; ; tries++) {
    try {
      machine.berth('exec', 'web', 'wget', '-qO-', 'http://127.0.0.1/');
      return;
    } catch (error) {
      if (tries > 100) throw error;
    }
  }
}

function checkPorts(machine: Machine, allow: () => void, deny: () => void): void {
  const local = machine.run('curl', '-s', '-m', '20', `http://127.0.0.1:${PORT}/`).trim();
  assert.equal(local, 'hello', 'the host itself');
  assert.deepEqual([machine.ask('v4'), machine.ask('v6')], ['nothing', 'nothing'], 'closed by default');
  allow();
  assert.deepEqual([machine.ask('v4'), machine.ask('v6')], ['hello', 'hello'], 'opened by its own command');
  machine.berth('exec', 'web', 'ping', '-c1', '-W10', OUTSIDE.v4);
  machine.berth('exec', 'web', 'ping', '-c1', '-W10', OUTSIDE.v6);
  deny();
  assert.deepEqual([machine.ask('v4'), machine.ask('v6')], ['nothing', 'nothing'], 'closed again');
}

test('ufw decides about published ports, and containers reach the outside', async () => {
  await using machine = await openMachine();
  for (const path of ['/etc/ufw', '/var/lib/ufw', '/etc/default/ufw']) ownCopy(machine, path);
  machine.run('ufw', '--force', 'enable');
  try {
    startWeb(machine);
    checkPorts(
      machine,
      () => machine.run('ufw', 'allow', `${PORT}/tcp`),
      () => machine.run('ufw', 'delete', 'allow', `${PORT}/tcp`),
    );
    assert.match(machine.run('iptables', '-S', 'FORWARD'), /-A FORWARD -i br-\w+ -j ACCEPT/);
    machine.berth('rm', '-f', 'web');
    machine.berth('network', 'rm', 'dual');
    assert.doesNotMatch(machine.run('iptables', '-S', 'FORWARD'), /br-/, 'its rules are gone with the bridge');
  } finally {
    machine.run('ufw', '--force', 'disable');
  }
});

test('firewalld decides about published ports, and containers reach the outside, also after a reload', async () => {
  await using machine = await openMachine();
  ownCopy(machine, '/etc/firewalld');
  mkdirSync('/run/dbus', { recursive: true });
  machine.run('mount', '-t', 'tmpfs', 'dbus', '/run/dbus');
  const bus = machine.begin(
    'dbus-daemon',
    '--system',
    '--nofork',
    '--nopidfile',
    '--address=unix:path=/run/dbus/system_bus_socket',
  );
  const daemon = machine.begin(
    'sh',
    '-c',
    'until [ -e /run/dbus/system_bus_socket ]; do :; done; exec firewalld --nofork --nopid',
  );
  try {
    machine.run('sh', '-c', 'for i in $(seq 600); do firewall-cmd -q --state 2>/dev/null && exit 0; done; exit 1');
    startWeb(machine);
    checkPorts(
      machine,
      () => machine.run('firewall-cmd', '-q', `--add-port=${PORT}/tcp`),
      () => machine.run('firewall-cmd', '-q', `--remove-port=${PORT}/tcp`),
    );
    machine.run('firewall-cmd', '-q', '--reload');
    machine.berth('exec', 'web', 'ping', '-c1', '-W10', OUTSIDE.v4);
    machine.berth('rm', '-f', 'web');
    machine.berth('network', 'rm', 'dual');
    assert.doesNotMatch(machine.run('firewall-cmd', '--zone=trusted', '--list-interfaces'), /br-/);
  } finally {
    for (const child of [daemon, bus]) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  }
});
