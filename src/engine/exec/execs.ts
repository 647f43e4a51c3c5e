import { parseDetachKeys } from '#base/detach-keys.ts';
import { BerthError } from '#base/errors.ts';
import { newId } from '#base/ids.ts';
import type { ExecConfig, ExecInspect } from '#spec/docker-api/containers.ts';
import { resize } from '#sys/keeper/attach.ts';
import { currentRow } from '../containers/containers.ts';
import { containerEvent } from '../containers/events.ts';
import type { EngineContext } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';
import type { ExecRow, ExecSpec } from '../state/exec-table.ts';
import type { Execs } from './api.ts';
import { execDirectory, settleExec } from './exec-exit.ts';
import { startExec } from './start-exec.ts';

/** @throws conflict with Docker's words unless processes can be added to the container now */
function requireActive(row: ContainerRow, ref: string): void {
  const conflict = (message: string) => new BerthError('conflict', 'container.not-active', message);
  if (row.status === 'paused') throw conflict(`Container ${ref} is paused, unpause the container before exec`);
  if (row.status === 'restarting') {
    throw conflict(`Container ${row.id} is restarting, wait until the container is running`);
  }
  if (row.status !== 'running') throw conflict(`container ${row.id} is not running`);
}

function specOf(config: ExecConfig, row: ContainerRow): ExecSpec {
  const cmd = typeof config.Cmd === 'string' ? [config.Cmd] : (config.Cmd ?? []);
  if (cmd.length === 0) throw new BerthError('invalid', 'exec.no-command', 'No exec command specified');
  const user = config.User || row.spec.config.User;
  if (config.DetachKeys) parseDetachKeys(config.DetachKeys);
  return {
    cmd,
    env: config.Env ?? [],
    user,
    workingDir: config.WorkingDir || row.spec.config.WorkingDir,
    privileged: config.Privileged ?? false,
    tty: config.Tty ?? false,
    attachStdin: config.AttachStdin ?? false,
    attachStdout: config.AttachStdout ?? false,
    attachStderr: config.AttachStderr ?? false,
    detachKeys: config.DetachKeys ?? '',
    consoleSize: config.ConsoleSize ?? null,
  };
}

function describe(exec: ExecRow): ExecInspect {
  const { spec } = exec;
  const [entrypoint = '', ...args] = spec.cmd;
  const running = exec.status === 'running' || exec.status === 'starting';
  return {
    ID: exec.id,
    Running: running,
    ExitCode: exec.exitCode,
    ProcessConfig: {
      tty: spec.tty,
      entrypoint,
      arguments: args,
      privileged: spec.privileged,
      ...(spec.user === '' ? {} : { user: spec.user }),
    },
    OpenStdin: spec.attachStdin,
    OpenStderr: spec.attachStderr,
    OpenStdout: spec.attachStdout,
    CanRemove: exec.status === 'exited',
    ContainerID: exec.containerId,
    DetachKeys: spec.detachKeys,
    Pid: exec.pid,
  };
}

/** Execs of an opened engine. */
export function createExecs(context: EngineContext): Execs {
  return {
    create: async (ref, config) => {
      const row = await currentRow(context, ref);
      requireActive(row, ref);
      const spec = specOf(config, row);
      const id = newId();
      context.sql.transaction(() => {
        context.execs.insert(id, row.id, spec);
        context.emit(containerEvent(row, `exec_create: ${spec.cmd[0]} ${spec.cmd.slice(1).join(' ')}`, { execID: id }));
      });
      return { Id: id };
    },
    start: async (id, config) => {
      const exec = context.execs.get(id);
      const row = await currentRow(context, exec.containerId);
      requireActive(row, row.id);
      return startExec(context, row, exec, config);
    },
    inspect: async (id) => describe(settleExec(context, context.execs.get(id))),
    resize: async (id, size) => {
      const exec = settleExec(context, context.execs.get(id));
      if (exec.status !== 'running') {
        requireActive(await currentRow(context, exec.containerId), exec.containerId);
        throw new BerthError('invalid', 'exec.not-started', 'exec process is not started');
      }
      await resize(execDirectory(context.root, exec.containerId, id), size);
    },
  };
}
