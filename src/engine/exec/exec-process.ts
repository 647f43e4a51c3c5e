import { readFileSync } from 'node:fs';
import type { OciConfig, Process } from '#spec/oci-runtime/config.ts';
import { resolveIdentity } from '../containers/account-files.ts';
import { readAccounts } from '../containers/container-config.ts';
import { capabilitiesOf } from '../containers/container-seccomp.ts';
import { mergeEnv } from '../containers/merge-config.ts';
import { environment } from '../containers/oci-config.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';
import type { ExecSpec } from '../state/exec-table.ts';

/** The config.json a container runs with. */
export function runningConfig(context: EngineContext, row: ContainerRow): OciConfig {
  return JSON.parse(readFileSync(`${pathsOf(context.root, row.id).directory}/config.json`, 'utf8')) as OciConfig;
}

/** What links have put into the container's environment when it started. */
function linkVariables(row: ContainerRow, { env = [] }: Process, known: readonly string[]): readonly string[] {
  if ((row.hostConfig.Links ?? []).length === 0) return [];
  const nameOf = (entry: string) => entry.split('=', 1)[0]!;
  const names = new Set(['TERM', ...known.map(nameOf)]);
  return env.filter((entry) => !names.has(nameOf(entry)));
}

/**
 * The process document of an exec: the container's own with what the exec asks for in its place.
 *
 * @throws invalid for a user that the container does not know
 */
export function execProcess(row: ContainerRow, spec: ExecSpec, container: OciConfig): Process {
  const own = container.process ?? { cwd: '/' };
  const { config } = row.spec;
  const identity = resolveIdentity(spec.user, row.hostConfig.GroupAdd ?? [], readAccounts([`/proc/${row.pid}/root`]));
  const bounding = spec.privileged
    ? capabilitiesOf({ ...row.hostConfig, Privileged: true })
    : (own.capabilities?.bounding ?? []);
  const held = identity.uid === 0 || spec.privileged ? bounding : [];
  const inherited = environment({ ...config, Tty: spec.tty }, identity.home);
  const { consoleSize: _size, apparmorProfile, ...rest } = own;
  return {
    ...rest,
    terminal: spec.tty,
    ...(spec.tty && spec.consoleSize !== null
      ? { consoleSize: { height: spec.consoleSize[0], width: spec.consoleSize[1] } }
      : {}),
    user: { uid: identity.uid, gid: identity.gid, additionalGids: identity.additionalGids },
    args: spec.cmd,
    env: mergeEnv(spec.env, [...inherited, ...linkVariables(row, own, inherited)]),
    cwd: spec.workingDir === '' ? '/' : spec.workingDir,
    capabilities: { bounding, effective: held, permitted: held },
    ...(apparmorProfile === undefined ? {} : { apparmorProfile: spec.privileged ? 'unconfined' : apparmorProfile }),
  };
}
