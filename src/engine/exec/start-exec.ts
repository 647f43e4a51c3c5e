import { mkdirSync, rmSync } from 'node:fs';
import { DeferredDuplex } from '#base/deferred-duplex.ts';
import { BerthError, isBerthError, messageOf } from '#base/errors.ts';
import { fault } from '#base/fault.ts';
import { nowNs } from '#base/time.ts';
import { buildExecPlan } from '#runtime/plan/exec-plan.ts';
import type { ExecStartConfig } from '#spec/docker-api/containers.ts';
import { joinCgroup } from '#sys/cgroup/plan.ts';
import { attach } from '#sys/keeper/attach.ts';
import { type Launch, launch } from '#sys/keeper/launch.ts';
import type { LaunchPlan } from '#sys/keeper/plan.ts';
import { exitStatusOf, PlanError } from '#sys/keeper/plan-error.ts';
import { startTimeOf } from '#sys/proc.ts';
import { detachKeysOf } from '../containers/attach.ts';
import { cgroupPathOf } from '../containers/container-config.ts';
import { exitEnvironment } from '../containers/container-plan.ts';
import { seccompFilterOf } from '../containers/container-seccomp.ts';
import { containerEvent } from '../containers/events.ts';
import { cgroupHost, hostFacts } from '../containers/host-facts.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';
import type { ExecRow, ExecSpec } from '../state/exec-table.ts';
import type { StartedExec } from './api.ts';
import { execDirectory, followExec, recordExecExit } from './exec-exit.ts';
import { execProcess, runningConfig } from './exec-process.ts';

const EXEC_FAILED = 'OCI runtime exec failed: exec failed: unable to start container process';
const STDOUT = 1;

/**
 * Starts a created exec in its running container.
 *
 * @returns attached unless `Detach`; a program that cannot be run is told to the attached client in its stream, as Docker
 *   does, and to a detached one by an error
 */
export async function startExec(
  context: EngineContext,
  row: ContainerRow,
  exec: ExecRow,
  config: ExecStartConfig,
): Promise<StartedExec> {
  if (!context.execs.claim(exec.id)) throw alreadyUsed(context.execs.get(exec.id));
  const spec = { ...exec.spec, consoleSize: config.ConsoleSize ?? exec.spec.consoleSize };
  context.emit(containerEvent(row, `exec_start: ${spec.cmd[0]} ${spec.cmd.slice(1).join(' ')}`, { execID: exec.id }));
  const detached = config.Detach ?? false;
  try {
    const stream = await run(context, row, { ...exec, spec }, detached);
    return { tty: spec.tty, ...(stream === undefined ? {} : { stream }) };
  } catch (error) {
    const exitCode = error instanceof PlanError ? exitStatusOf(error.failure) : 126;
    recordExecExit(context, exec, exitCode === 128 ? 126 : exitCode, nowNs());
    // A user that the container does not have is told as a program that it does not have.
    const isTold = error instanceof PlanError || isBerthError(error, 'invalid');
    if (!isTold) throw error;
    const message = error instanceof PlanError ? `${EXEC_FAILED}: ${messageOf(error)}` : error.message;
    if (detached) throw new BerthError(error.kind, error.code, message, { cause: error });
    return { tty: spec.tty, stream: messageStream(`${message}\r\n`, spec.tty) };
  }
}

function alreadyUsed(exec: ExecRow): BerthError {
  const what = exec.status === 'exited' ? 'has already run' : 'is already running';
  return new BerthError('conflict', 'exec.used', `exec command ${exec.id} ${what}`);
}

async function run(context: EngineContext, row: ContainerRow, exec: ExecRow, detached: boolean) {
  const { spec } = exec;
  const plan = await execPlan(context, row, exec);
  const launched = await launch(plan);
  try {
    record(context, exec, launched);
    fault('exec.recorded');
    const wanted = spec.attachStdin || spec.attachStdout || spec.attachStderr;
    const stream =
      detached || !wanted
        ? undefined
        : await attach(plan.runDir, {
            stdin: spec.attachStdin,
            stdout: spec.attachStdout,
            stderr: spec.attachStderr,
            detachKeys: detachKeysOf(spec.detachKeys === '' ? undefined : spec.detachKeys, spec.tty),
          });
    // However short it is, its end is seen here.
    await launched.start({ watch: true });
    followExec(context, exec, launched).catch(() => undefined);
    fault('exec.started');
    return stream ?? (detached ? undefined : endedStream());
  } catch (error) {
    await launched.abort().catch(() => undefined);
    throw error;
  }
}

function record(context: EngineContext, exec: ExecRow, launched: Launch): void {
  context.execs.patch(exec.id, {
    status: 'running',
    pid: launched.pid,
    keeperPid: launched.keeperPid,
    keeperStart: String(startTimeOf(launched.keeperPid) ?? ''),
  });
}

async function execPlan(context: EngineContext, row: ContainerRow, exec: ExecRow): Promise<LaunchPlan> {
  const config = runningConfig(context, row);
  const process = execProcess(row, exec.spec, config);
  const runDir = execDirectory(context.root, row.id, exec.id);
  rmSync(runDir, { recursive: true, force: true });
  mkdirSync(runDir, { recursive: true, mode: 0o700 });
  const seccomp = await seccompFilterOf(row.hostConfig, `${context.root}/cache/seccomp`);
  const exitCommand = context.options.exitCommand;
  return buildExecPlan(process, {
    id: row.id,
    bundle: pathsOf(context.root, row.id).directory,
    init: { pid: row.pid, startTime: BigInt(row.pidStart) },
    config,
    facts: hostFacts(),
    mode: 'supervise',
    runDir,
    stdio: stdioOf(exec.spec, process.user?.uid ?? 0, process.user?.gid ?? 0),
    cgroup: joinCgroup(cgroupHost(), cgroupPathOf(row.id, row.hostConfig), row.pid),
    ...(seccomp === undefined ? {} : { seccomp }),
    ...(exitCommand === undefined ? {} : { exitCommand: { argv: [...exitCommand, exec.id], env: exitEnvironment() } }),
  });
}

function stdioOf(spec: ExecSpec, uid: number, gid: number): LaunchPlan['stdio'] {
  const stdin = spec.attachStdin ? 'once' : 'closed';
  return spec.tty ? { kind: 'terminal', stdin } : { kind: 'pipes', stdin, uid, gid };
}

function endedStream(): DeferredDuplex {
  const stream = new DeferredDuplex();
  stream.abandon();
  return stream;
}

/** A stream that says one thing: raw on a terminal, else as a frame of standard output. */
function messageStream(text: string, tty: boolean): DeferredDuplex {
  const stream = new DeferredDuplex();
  const bytes = Buffer.from(text);
  if (!tty) {
    const header = Buffer.alloc(8);
    header.writeUInt8(STDOUT, 0);
    header.writeUInt32BE(bytes.length, 4);
    stream.push(header);
  }
  stream.push(bytes);
  stream.abandon();
  return stream;
}
