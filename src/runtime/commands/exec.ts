import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BerthError } from '#base/errors.ts';
import { Undo } from '#base/undo.ts';
import { CAPABILITIES } from '#spec/capabilities.ts';
import type { LinuxCapabilities, Process } from '#spec/oci-runtime/config.ts';
import { parseJsonExactly, parseProcess } from '#spec/oci-runtime/parse-config.ts';
import type { CgroupJoin } from '#sys/cgroup/cgroup-plan.ts';
import { joinBelow, joinCgroup } from '#sys/cgroup/plan.ts';
import { startHandoff } from '#sys/keeper/handoff.ts';
import { launch } from '#sys/keeper/launch.ts';
import type { FlagValues } from '../cli/arguments.ts';
import { buildExecPlan } from '../plan/exec-plan.ts';
import { type ContainerState, containerDir, loadState } from '../state/container-state.ts';
import { aliveInit, statusOf } from '../state/container-status.ts';
import { seccompFilter, warnOfCapabilities } from './create.ts';
import { runInForeground, runWithTerminal } from './foreground.ts';
import type { ExitStatus, RuntimeContext } from './runtime-context.ts';
import { hostId, ownStandardStreams, pidfdSocket, preservedFds, stdioFor, writePidFile } from './start-options.ts';

/** `exec`: a further process in a running container. Ends with its exit status unless detached. */
export async function exec(
  context: RuntimeContext,
  flags: FlagValues,
  [id = '', ...args]: readonly string[],
): Promise<ExitStatus> {
  const state = loadState(context.root, id);
  const status = statusOf(context.root, state, context.facts.cgroups);
  const init = aliveInit(state);
  if (init === undefined || status === 'stopped') throw conflict('cannot exec in a stopped container');
  if (status === 'paused' && !flags.flag('ignore-paused')) {
    throw conflict('cannot exec in a paused container (use --ignore-paused to override)');
  }
  const document = processDocument(flags, state, args);
  const detach = flags.flag('detach');
  const terminal = document.terminal === true;
  const stdio = stdioFor({ terminal, detach, consoleSocket: flags.text('console-socket') });
  const mode = detach ? 'handoff' : terminal ? 'supervise' : 'foreground';
  const preserved = preservedFds(flags, false);
  const seccomp = await seccompFilter(context, state.config);
  warnOfCapabilities(context, state.config, document);
  const cgroup = cgroupFor(context, flags, state);
  await using undo = new Undo();
  const runDir = mkdtempSync(join(containerDir(context.root, id), 'exec-'));
  undo.add(() => rmSync(runDir, { recursive: true, force: true }));
  const plan = buildExecPlan(document, {
    id,
    bundle: state.bundle,
    init,
    config: state.config,
    facts: context.facts,
    mode,
    runDir,
    stdio,
    preserveFds: preserved.fds.length,
    ...pidfdSocket(flags),
    bareNewlines: mode === 'supervise',
    ...(cgroup === undefined ? {} : { cgroup }),
    ...(seccomp === undefined ? {} : { seccomp }),
  });
  if (stdio.kind === 'inherit') {
    ownStandardStreams(hostId(document.user?.uid ?? 0, state.config.linux?.uidMappings));
  }
  const launched = await launch(plan, { extraFds: preserved.fds });
  undo.add(() => launched.abort());
  writePidFile(flags.text('pid-file'), launched.pid);
  if (!detach) return terminal ? await runWithTerminal(launched, runDir) : await runInForeground(launched);
  await launched.release();
  await startHandoff(runDir);
  return 0;
}

function conflict(message: string): BerthError {
  return new BerthError('conflict', 'container.status', message);
}

function cgroupFor(context: RuntimeContext, flags: FlagValues, state: ContainerState): CgroupJoin | undefined {
  const { cgroups } = context.facts;
  if (cgroups === undefined || state.cgroupPath === undefined) return undefined;
  const below = groupsBelow(flags.list('cgroup'));
  return below.size === 0
    ? joinCgroup(cgroups, state.cgroupPath, state.init?.pid)
    : joinBelow(cgroups, state.cgroupPath, below);
}

/** Of `--cgroup [CONTROLLER,…:]PATH`: the group for each controller, under the empty name that for all others. */
function groupsBelow(values: readonly string[]): Map<string, string> {
  const groups = new Map<string, string>();
  for (const value of values) {
    const colon = value.indexOf(':');
    const path = value.slice(colon + 1);
    if (path.split('/').includes('..')) {
      throw new BerthError(
        'invalid',
        'exec.cgroup',
        `bad sub cgroup path: ${path} is not below the container's control group`,
      );
    }
    for (const controller of colon < 0 ? [''] : value.slice(0, colon).split(',')) {
      if (groups.has(controller)) {
        throw new BerthError(
          'invalid',
          'exec.cgroup',
          `--cgroup ${value}: a control group for ${controller || 'all controllers'} is given twice`,
        );
      }
      groups.set(controller, path);
    }
  }
  return groups;
}

/** The process as a document given by file, or as the container's own changed by flags. */
function processDocument(flags: FlagValues, state: ContainerState, args: readonly string[]): Process {
  const file = flags.text('process');
  if (file !== undefined) {
    const parsed = parseProcess(parseJsonExactly(readFileSync(file, 'utf8')));
    if ((parsed.args ?? []).length === 0) throw badProcess('args must not be empty');
    return parsed;
  }
  if (args.length === 0) throw badProcess('exec args cannot be empty');
  const own = state.config.process;
  if (own === undefined) throw badProcess('process property must not be empty');
  const user = parseUser(flags, own);
  const capabilities = withCapabilities(own.capabilities, flags.list('cap'));
  return {
    ...own,
    args,
    terminal: flags.flag('tty'),
    env: [...(own.env ?? []), ...flags.list('env')],
    ...(flags.has('cwd') ? { cwd: flags.text('cwd') ?? '/' } : {}),
    ...(flags.has('apparmor') ? { apparmorProfile: flags.text('apparmor') ?? '' } : {}),
    ...(flags.has('process-label') ? { selinuxLabel: flags.text('process-label') ?? '' } : {}),
    ...(flags.has('no-new-privs') ? { noNewPrivileges: flags.flag('no-new-privs') } : {}),
    ...(user === undefined ? {} : { user }),
    ...(capabilities === undefined ? {} : { capabilities }),
  };
}

function badProcess(message: string): BerthError {
  return new BerthError('invalid', 'exec.process', message);
}

function parseUser(flags: FlagValues, own: Process): Process['user'] {
  const text = flags.text('user');
  const groups = flags.list('additional-gids');
  const match = text === undefined ? undefined : /^(\d+)(?::(\d+))?$/.exec(text);
  if (match === null) throw badProcess(`--user ${text}: must be UID or UID:GID`);
  const bad = groups.find((group) => !/^\d+$/.test(group));
  if (bad !== undefined) throw badProcess(`additional-gids must be a positive number: ${bad}`);
  if (match === undefined && groups.length === 0) return own.user;
  return {
    ...own.user,
    ...(match === undefined ? {} : { uid: Number(match[1]) }),
    ...(match?.[2] === undefined ? {} : { gid: Number(match[2]) }),
    ...(groups.length === 0 ? {} : { additionalGids: [...(own.user?.additionalGids ?? []), ...groups.map(Number)] }),
  };
}

/** Added to the sets that count; ambient only where the process could inherit them anyway. */
function withCapabilities(own: LinuxCapabilities | undefined, added: readonly string[]): LinuxCapabilities | undefined {
  if (added.length === 0) return own;
  const unknown = added.find((name) => !CAPABILITIES.includes(name));
  if (unknown !== undefined) throw badProcess(`--cap ${unknown}: no such capability`);
  const extend = (set: readonly string[] = []): string[] => [...new Set([...set, ...added])];
  return {
    ...own,
    bounding: extend(own?.bounding),
    permitted: extend(own?.permitted),
    effective: extend(own?.effective),
    ...((own?.inheritable?.length ?? 0) > 0
      ? { inheritable: extend(own?.inheritable), ambient: extend(own?.ambient) }
      : {}),
  };
}
