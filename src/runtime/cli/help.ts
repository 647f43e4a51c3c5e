import type { Flag } from './arguments.ts';
import { COMMANDS, type CommandEntry, GLOBAL_FLAGS } from './table.ts';

/** Help for the whole program. */
export function programHelp(version: string): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const commands = Object.entries(COMMANDS).map(([name, { about }]) => `   ${name.padEnd(width)}  ${about}`);
  return [
    'NAME:',
    '   berth-runtime - runs containers from OCI bundles',
    '',
    'USAGE:',
    '   berth-runtime [global options] command [command options] [arguments]',
    '',
    'VERSION:',
    `   ${version}`,
    '',
    'COMMANDS:',
    ...commands,
    '',
    'GLOBAL OPTIONS:',
    ...flagLines(GLOBAL_FLAGS),
    '',
  ].join('\n');
}

/** Help for one command. */
export function commandHelp(name: string, entry: CommandEntry): string {
  return [
    'NAME:',
    `   berth-runtime ${name} - ${entry.about}`,
    '',
    'USAGE:',
    `   berth-runtime ${name} [command options] ${entry.usage}`,
    ...(entry.flags.length === 0 ? [] : ['', 'OPTIONS:', ...flagLines(entry.flags)]),
    '',
  ].join('\n');
}

/** Help for a command that there is not. */
export function refusedHelp(name: string, refusal: string): string {
  return ['NAME:', `   berth-runtime ${name} - ${refusal}`, ''].join('\n');
}

function flagLines(flags: readonly Flag[]): string[] {
  const names = flags.map(({ name, short, kind }) => {
    const value = kind === 'boolean' ? '' : ' value';
    return `--${name}${value}${short === undefined ? '' : `, -${short}${value}`}`;
  });
  const width = Math.max(...names.map((name) => name.length));
  return flags.map((flag, index) => `   ${(names[index] ?? '').padEnd(width)}  ${flag.about}`);
}
