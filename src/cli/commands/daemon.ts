/** `daemon`: Berth's own. */
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import type { ParsedFlags } from '../parsed-flags.ts';

const TEXTS = ['group', 'log-level', 'metrics-addr', 'pidfile', 'tlscacert', 'tlscert', 'tlskey'] as const;
const SWITCHES = ['debug', 'tls', 'tlsverify'] as const;

/** The flags that were given, by the names of the configuration file. */
function givenValues(flags: ParsedFlags, host: string | undefined): Record<string, unknown> {
  const hosts = [...(host === undefined ? [] : [host]), ...flags.list('host')];
  return {
    ...(hosts.length === 0 ? {} : { hosts }),
    ...(flags.changed('label') ? { labels: flags.list('label') } : {}),
    ...(flags.changed('shutdown-timeout') ? { 'shutdown-timeout': flags.number('shutdown-timeout') } : {}),
    ...Object.fromEntries(TEXTS.filter((name) => flags.changed(name)).map((name) => [name, flags.text(name)])),
    ...Object.fromEntries(SWITCHES.filter((name) => flags.changed(name)).map((name) => [name, flags.bool(name)])),
  };
}

export async function run(context: Context, { args, flags, path }: Invocation): Promise<number> {
  const [action] = args;
  if (action !== undefined && action !== 'install')
    throw new ExitFailure(1, `${path}: unknown action ${JSON.stringify(action)}: only "install" is known`);
  if (context.serve === undefined) throw new ExitFailure(1, `${path}: this program cannot serve`);
  return context.serve(context.options, {
    configFile: flags.changed('config-file') ? flags.text('config-file') : undefined,
    validate: flags.bool('validate'),
    install: action === 'install',
    values: givenValues(flags, context.options.host),
  });
}
