/** `berth daemon install`: units for systemd, and the service started where systemd runs. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { BerthError } from '#base/errors.ts';
import type { DaemonFlags } from '#cli/command.ts';
import { DEFAULT_ROOT } from '../root-files.ts';
import { groupId } from './account-groups.ts';
import { daemonUnits, writeUnits } from './units.ts';

/** Options that units carry; everything else is the configuration file's. */
const CARRIED = ['group'];

/**
 * Writes the units of a daemon with these options, enables and starts them.
 *
 * @returns the exit status
 * @throws invalid for options that belong into the configuration file
 */
export function installDaemon(flags: DaemonFlags, root: string, launcher: string): number {
  const others = Object.keys(flags.values).filter((name) => !CARRIED.includes(name));
  if (others.length > 0) {
    const message = `cannot install with ${others.join(', ')}: say it in the configuration file`;
    throw new BerthError('invalid', 'daemon.install', message);
  }
  const given = flags.values['group'];
  const group = typeof given === 'string' ? given : groupId('berth') === undefined ? undefined : 'berth';
  if (group !== undefined && groupId(group) === undefined)
    throw new BerthError('invalid', 'daemon.install', `the host has no group ${group}: make it with groupadd first`);
  const file = flags.configFile;
  const units = daemonUnits(isAbsolute(launcher) ? launcher : resolve(launcher), group, resolve(root), {
    global: resolve(root) === DEFAULT_ROOT ? [] : ['--root', resolve(root)],
    daemon: [
      ...(group === undefined ? [] : ['--group', group]),
      ...(file === undefined ? [] : ['--config-file', resolve(file)]),
    ],
  });
  for (const path of writeUnits(units)) process.stdout.write(`${path}\n`);
  // The mark of a machine that systemd runs, see sd_booted(3).
  if (!existsSync('/run/systemd/system')) {
    process.stderr.write('systemd does not run here: the units are written, nothing is started\n');
    return 0;
  }
  execFileSync('systemctl', ['daemon-reload'], { stdio: 'inherit' });
  execFileSync('systemctl', ['enable', '--now', ...units.map(({ name }) => name)], { stdio: 'inherit' });
  return 0;
}
