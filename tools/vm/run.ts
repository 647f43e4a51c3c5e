import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Machine, packRepository, provideMachine, writeInitramfs } from './machine.ts';

/*
 * Runs test files in a virtual machine: Debian's cloud kernel, cgroup v2 alone, AppArmor. Emulated in software, so that it runs
 * anywhere and is ten to twenty times slower.
 *
 *   node tools/vm/run.ts [--systemd] [--shell COMMAND | AREA-OR-TEST-FILE...]     default: DEFAULT_FILES
 *
 * --systemd: with systemd as the first process and the owner of the control groups; otherwise a script is.
 */
const DEFAULT_FILES = [
  'test/vm/*.test.ts',
  // What depends on control groups, AppArmor and the kernel's networks. What reads and writes files or speaks HTTP alone is the same everywhere.
  ...['cgroup', 'seccomp', 'keeper', 'runtime', 'engine', 'network', 'networks-domain', 'ports', 'firewall'].map(
    filesOf,
  ),
  ...['names', 'volumes', 'api', 'daemon'].map(filesOf),
  'test/firewalls/*.test.ts',
];
const LIMIT_MINUTES = 180;
/** All that the emulator can do but protection keys, with which V8 guards its code, and a fifth level of page tables. */
const CPU = 'max,pku=off,la57=off';
/** No compiled code: under emulation V8's checks of it fail now and then. */
const NODE_OPTIONS = '--jitless --import=/berth/node_modules/stripped.mjs';
const ENVIRONMENT = `NODE_OPTIONS='${NODE_OPTIONS}' NODE_COMPILE_CACHE=/var/tmp/compiled`;
const TEST = 'node --test --test-concurrency=1 --test-timeout=900000 --test-reporter=spec';
const KERNEL_OPTIONS =
  'console=ttyS0 quiet loglevel=3 panic=-1 apparmor=1 security=apparmor random.trust_cpu=on mitigations=off no_timer_check';
/** Services of packages that tests start themselves, and the console that is the tests'. */
const WITHOUT = ['firewalld', 'nfs-server', 'serial-getty@ttyS0', 'ufw'];
const BEGIN = 'berth-vm: begin';
const RESULT = /^berth-vm: exit status (\d+)/;

const repository = fileURLToPath(new URL('../..', import.meta.url));

function filesOf(area: string): string {
  return `test/system/${area}/*.test.ts`;
}

function commandOf(args: readonly string[]): string {
  if (args[0] === '--shell') return `export ${ENVIRONMENT}; ${args.slice(1).join(' ')}\n`;
  const patterns = args.length > 0 ? args.map((arg) => (/^[a-z-]+$/.test(arg) ? filesOf(arg) : arg)) : DEFAULT_FILES;
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: repository })).sort();
  if (files.length === 0) throw new Error(`no such test files: ${patterns.join(' ')}`);
  return `export ${ENVIRONMENT}; exec ${TEST} ${files.map((file) => `'${file}'`).join(' ')}\n`;
}

/** Boots, passes the machine's output on, and resolves with the exit status of the command inside. */
async function boot(machine: Machine, initramfs: string, image: string, kernelOptions: string): Promise<number> {
  const drive = (file: string, more: string): string[] => ['-drive', `file=${file},format=raw,if=virtio,${more}`];
  const qemu = spawn(
    'qemu-system-x86_64',
    [
      ...[
        '-accel',
        'tcg,thread=multi',
        '-cpu',
        CPU,
        '-smp',
        '2',
        '-m',
        '3072',
        '-nographic',
        '-no-reboot',
        '-nodefaults',
      ],
      ...['-kernel', machine.kernel, '-initrd', initramfs],
      ...['-append', kernelOptions],
      ...drive(machine.disk, 'snapshot=on'), // what is written to it is forgotten
      ...drive(image, 'cache=unsafe'),
      ...['-serial', 'stdio', '-monitor', 'none', '-nic', 'none'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const timer = setTimeout(() => {
    process.stderr.write(`test:vm: stopped after ${LIMIT_MINUTES} minutes\n`);
    qemu.kill('SIGKILL');
  }, LIMIT_MINUTES * 60_000);
  const stop = (): void => void qemu.kill('SIGKILL');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  const bootLines: string[] = [];
  let begun = false;
  let status: number | undefined;
  for await (const line of createInterface({ input: qemu.stdout })) {
    const result = RESULT.exec(line);
    if (result !== null) status = Number(result[1]);
    else if (status !== undefined)
      continue; // the kernel's farewell
    else if (begun) process.stdout.write(`${line.replace(/\r$/, '')}\n`);
    else if (line.includes(BEGIN)) begun = true;
    else bootLines.push(line);
  }
  clearTimeout(timer);
  if (status !== undefined) return status;
  process.stderr.write(`${begun ? '' : bootLines.join('\n')}\ntest:vm: the machine ended without a result\n`);
  return 125;
}

async function main(): Promise<number> {
  const [first, ...rest] = process.argv.slice(2);
  const withSystemd = first === '--systemd';
  const command = commandOf(withSystemd || first === undefined ? rest : [first, ...rest]);
  const machine = provideMachine((line) => process.stderr.write(`test:vm: ${line}\n`));
  const directory = mkdtempSync(join(tmpdir(), 'berth-vm-'));
  try {
    const image = join(directory, 'repository');
    packRepository(repository, image, command);
    const initramfs = join(directory, 'initramfs');
    writeInitramfs(machine, initramfs);
    const masked = WITHOUT.map((unit) => ` systemd.mask=${unit}.service`).join('');
    const systemd = ` berth.systemd systemd.show_status=no${masked}`;
    return await boot(machine, initramfs, image, `${KERNEL_OPTIONS}${withSystemd ? systemd : ''}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

process.exitCode = await main();
