import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isBerthError } from '#base/errors.ts';
import { formatGoDuration } from '#base/go-duration.ts';
import { signalProcess } from '#sys/keeper/attach.ts';
import type { EngineContext } from '../context.ts';
import type { Execs } from '../exec/api.ts';
import { execDirectory } from '../exec/exec-exit.ts';
import type { ContainerRow } from '../state/container-row.ts';
import type { ProbeAnswer } from './probe-network.ts';
import { ProbeOutput } from './probe-output.ts';

const SIGKILL = 9;
const DEFAULT_SHELL = ['/bin/sh', '-c'];
const NS_PER_MS = 1_000_000;

/** What a test of kind `CMD` or `CMD-SHELL` runs. */
export function commandOf(row: ContainerRow): readonly string[] {
  const [kind, ...words] = row.spec.config.Healthcheck?.Test ?? [];
  if (kind === 'CMD') return words;
  const shell = row.spec.config.Shell ?? [];
  return [...(shell.length > 0 ? shell : DEFAULT_SHELL), ...words];
}

/**
 * Runs a health check's command in the container as an exec, as Docker does.
 *
 * @returns exit code -1 when it takes longer than the time limit; it is killed then
 */
export async function probeCommand(
  context: EngineContext,
  execs: Execs,
  row: ContainerRow,
  timeoutMs: number,
): Promise<ProbeAnswer> {
  const config = { Cmd: commandOf(row), AttachStdout: true, AttachStderr: true };
  const { Id } = await execs.create(row.id, config);
  const { stream } = await execs.start(Id, { Detach: false, Tty: false });
  const output = new ProbeOutput();
  const ended = collect(stream, output);
  const timer = new AbortController();
  const late = sleep(timeoutMs, 'late' as const, { signal: timer.signal }).catch(() => 'stopped' as const);
  const exited = ended.then(() => exitCodeOf(context, execs, Id));
  const first = await Promise.race([late, exited]);
  timer.abort();
  if (typeof first === 'number') return { exitCode: first, output: output.toString() };
  await killExec(context, row.id, Id);
  await exited;
  const limit = formatGoDuration(BigInt(Math.round(timeoutMs * NS_PER_MS)));
  const said = output.toString();
  return { exitCode: -1, output: `Health check exceeded timeout (${limit})${said === '' ? '' : `: ${said}`}` };
}

/** Reads to the end, also of a stream that has ended before anybody looked at it. */
async function collect(stream: Duplex | undefined, output: ProbeOutput): Promise<void> {
  try {
    for await (const chunk of stream ?? []) output.add(chunk as Buffer);
  } catch {
    // A broken connection: what it was, the exit tells.
  }
}

/** The end of the stream comes a moment before the exit is recorded. */
async function exitCodeOf(context: EngineContext, execs: Execs, id: string): Promise<number> {
  for (;;) {
    const { Running, ExitCode } = await execs.inspect(id);
    if (!Running || context.closing.aborted) return ExitCode ?? -1;
    await context.feed.next(context.closing);
  }
}

async function killExec(context: EngineContext, containerId: string, execId: string): Promise<void> {
  try {
    await signalProcess(execDirectory(context.root, containerId, execId), SIGKILL);
  } catch (error) {
    // It ended by itself just now.
    if (!isBerthError(error, 'conflict')) throw error;
  }
}
