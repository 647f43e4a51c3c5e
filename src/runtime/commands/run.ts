import { existsSync } from 'node:fs';
import { messageOf } from '#base/errors.ts';
import type { FlagValues } from '../cli/arguments.ts';
import { writeLog } from '../cli/log.ts';
import { removeState } from '../state/container-state.ts';
import { createContainer } from './create.ts';
import { deleteContainer } from './delete.ts';
import { runInForeground, runWithTerminal } from './foreground.ts';
import { runPoststart, runPoststop } from './lifecycle-hooks.ts';
import { listenForReadiness } from './notify-socket.ts';
import type { ExitStatus, RuntimeContext } from './runtime-context.ts';
import { startContainer } from './start.ts';

/** `run`: create, start and, unless detached, wait and delete. Ends with the exit status of the process. */
export async function run(
  context: RuntimeContext,
  flags: FlagValues,
  [id = '']: readonly string[],
): Promise<ExitStatus> {
  return flags.flag('detach') ? runDetached(context, flags, id) : runAttached(context, flags, id);
}

async function runDetached(context: RuntimeContext, flags: FlagValues, id: string): Promise<ExitStatus> {
  const created = await createContainer(context, flags, id, 'handoff');
  await created.launch.release();
  try {
    await startContainer(context, created.state);
  } catch (error) {
    // Not when a failed hook has destroyed it already.
    if (existsSync(created.dir)) await deleteContainer(context, created.state);
    throw error;
  }
  return 0;
}

async function runAttached(context: RuntimeContext, flags: FlagValues, id: string): Promise<ExitStatus> {
  const terminal = flags.text('console-socket') === undefined && (await wantsTerminal(flags));
  const { launch, dir, state } = await createContainer(context, flags, id, terminal ? 'supervise' : 'foreground');
  using readiness = await listenForReadiness(context.root, id);
  let told: Promise<void> | undefined;
  const started = async (): Promise<void> => {
    await runPoststart(state);
    told = readiness?.told(state).catch((error: unknown) => {
      writeLog(context.log, 'warning', `tell that the container is ready: ${messageOf(error)}`);
    });
  };
  try {
    return terminal ? await runWithTerminal(launch, dir, started) : await runInForeground(launch, started);
  } finally {
    await told;
    // The keeper has removed the control groups.
    if (!flags.flag('keep')) {
      removeState(context.root, id);
      await runPoststop(context, state);
    }
  }
}

async function wantsTerminal(flags: FlagValues): Promise<boolean> {
  const { readBundle } = await import('./bundle.ts');
  return readBundle(flags.text('bundle') ?? '.', flags.text('config')).config.process?.terminal === true;
}
