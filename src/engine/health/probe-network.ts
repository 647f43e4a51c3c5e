import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from '#sys/keeper/launch.ts';
import type { LaunchPlan, PlanOp } from '#sys/keeper/plan.ts';
import { ownProgram } from '#sys/own-program.ts';
import type { NetworkProbe } from './network-probe.ts';

const NOBODY = 65_534;
const NO_CAPABILITIES = { bounding: 0n, permitted: 0n, effective: 0n, inheritable: 0n, ambient: 0n };
const EXTRA_MS = 2_000;

/** What a probe found. */
export interface ProbeAnswer {
  readonly exitCode: number;
  readonly output: string;
}

function planOf(
  init: { readonly pid: number; readonly startTime: bigint },
  argv: readonly string[],
  runDir: string,
): LaunchPlan {
  const ops: PlanOp[] = [
    { side: 'before', op: 'open-process', slot: 0, pid: init.pid, startTime: init.startTime },
    { side: 'before', op: 'clone', namespaces: [] },
    { side: 'child', op: 'join-namespaces', slot: 0, namespaces: ['network'] },
    { side: 'child', op: 'credentials', uid: NOBODY, gid: NOBODY, groups: [], capabilities: NO_CAPABILITIES },
    { side: 'child', op: 'no-new-privileges' },
    { side: 'child', op: 'gate' },
    { side: 'child', op: 'exec', name: argv[0] ?? '', searchPath: '', argv, env: [] },
  ];
  return {
    mode: 'foreground',
    runDir,
    stdio: { kind: 'inherit' },
    log: { driver: 'none' },
    exit: { collect: [] },
    ops,
  };
}

/**
 * Connects from inside a container's network namespace: a small program of Berth's own joins it, as nobody.
 *
 * @param init the container's first process
 * @param runDir directory of this probe, made and removed here
 * @throws what makes it impossible to look, such as a container that has just ended
 */
export async function probeNetwork(
  probe: NetworkProbe,
  init: { readonly pid: number; readonly startTime: bigint },
  timeoutMs: number,
  runDir: string,
): Promise<ProbeAnswer> {
  const program = ownProgram('probe');
  const words = [probe.protocol, probe.host, String(probe.port), String(Math.ceil(timeoutMs + EXTRA_MS))];
  const argv = [program, ...words, ...(probe.request === undefined ? [] : [probe.request])];
  mkdirSync(runDir, { recursive: true, mode: 0o700 });
  const nothing = openSync('/dev/null', 'r');
  const output = openSync(join(runDir, 'output'), 'w', 0o600);
  try {
    const launched = await launch(planOf(init, argv, runDir), { stdio: [nothing, output, output] });
    await launched.start();
    const { code } = await launched.exited;
    return { exitCode: code, output: readFileSync(join(runDir, 'output'), 'utf8').trimEnd() };
  } finally {
    closeSync(nothing);
    closeSync(output);
    rmSync(runDir, { recursive: true, force: true });
  }
}
