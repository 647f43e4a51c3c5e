import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Machine, packRepository, provideMachine } from './machine.ts';

/*
 * Runs test files in a virtual machine: Debian's cloud kernel, cgroup v2 alone, AppArmor. Emulated in software, so that it runs
 * anywhere and is ten to twenty times slower.
 *
 *   node tools/vm/run.ts [--shell COMMAND] [TEST-FILE]...     default: DEFAULT_FILES
 */
const DEFAULT_FILES = [
  'test/vm/*.test.ts',
  'test/system/cgroup/*.test.ts',
  'test/system/seccomp/*.test.ts',
  'test/system/keeper/*.test.ts',
  'test/system/engine/*.test.ts',
];
const LIMIT_MINUTES = 45;
/** All that the emulator can do but protection keys, with which V8 guards its code. */
const CPU = 'max,pku=off';
/** No compiled code: under emulation V8's checks of it fail now and then. */
const NODE_OPTIONS = '--jitless --import=/berth/node_modules/stripped.mjs';
const BEGIN = 'berth-vm: begin';
const RESULT = /^berth-vm: exit status (\d+)/;

const repository = fileURLToPath(new URL('../..', import.meta.url));

function commandOf(args: readonly string[]): string {
  if (args[0] === '--shell') return `${args.slice(1).join(' ')}\n`;
  const patterns = args.length > 0 ? args : DEFAULT_FILES;
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: repository })).sort();
  if (files.length === 0) throw new Error(`no such test files: ${patterns.join(' ')}`);
  return `export NODE_OPTIONS='${NODE_OPTIONS}'; exec node --test --test-concurrency=1 --test-timeout=300000 --test-reporter=spec ${files.map((file) => `'${file}'`).join(' ')}\n`;
}

/** Boots, passes the machine's output on, and resolves with the exit status of the command inside. */
async function boot(machine: Machine, image: string): Promise<number> {
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
      ...['-kernel', machine.kernel, '-initrd', machine.initramfs],
      ...['-append', 'console=ttyS0 quiet loglevel=3 panic=-1 apparmor=1 security=apparmor random.trust_cpu=on'],
      ...drive(machine.disk, 'readonly=on'),
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
  const command = commandOf(process.argv.slice(2));
  const machine = provideMachine((line) => process.stderr.write(`test:vm: ${line}\n`));
  const directory = mkdtempSync(join(tmpdir(), 'berth-vm-'));
  try {
    const image = join(directory, 'repository');
    packRepository(repository, image, command);
    return await boot(machine, image);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

process.exitCode = await main();
