/** `info`: https://docs.docker.com/reference/cli/docker/system/info/ */
import { isBerthError } from '#base/errors.ts';
import type { SystemInfo } from '#spec/docker-api/system.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure, failureText } from '../failure.ts';
import { parseFormat, runPartly } from '../render/rows.ts';
import { serverInfoText } from '../render/system-info.ts';
import { typedValue } from '../render/typed.ts';
import { clientVersion } from '../render/version-info.ts';

interface Asked {
  readonly info: SystemInfo | undefined;
  /** What the engine said is wrong. */
  readonly errors: readonly string[];
  /** Nobody answered. */
  readonly unreachable: unknown;
}

async function ask(context: Context): Promise<Asked> {
  try {
    const client = await context.client();
    return { info: await client.system.info(context.signal), errors: [], unreachable: undefined };
  } catch (error) {
    if (isBerthError(error) && error.kind !== 'unavailable')
      return { info: undefined, errors: [failureText(error)], unreachable: undefined };
    return { info: undefined, errors: [], unreachable: error };
  }
}

function clientText(debug: boolean): string {
  const client = clientVersion(undefined);
  return `Client:\n Version:    ${client['Version']}\n Context:    ${client['Context']}\n Debug Mode: ${debug}\n\nServer:\n`;
}

function printForPeople(context: Context, { info, errors, unreachable }: Asked): void {
  const { debug } = context.options;
  context.stdout.write(clientText(debug));
  if (info !== undefined) {
    context.stdout.write(serverInfoText(info, debug));
    for (const warning of info.Warnings ?? []) context.stderr.write(`${warning}\n`);
  }
  for (const error of errors) context.stderr.write(`ERROR: ${error}\n`);
  if (unreachable !== undefined) throw unreachable;
  if (errors.length > 0) throw new ExitFailure(1, 'errors pretty printing info');
}

export async function run(context: Context, { flags }: Invocation): Promise<number> {
  const format = flags.text('format');
  const asked = await ask(context);
  if (format === '') {
    printForPeople(context, asked);
    return 0;
  }
  for (const error of asked.errors) context.stderr.write(`${error}\n`);
  const template = parseFormat(format === 'json' ? '{{json .}}' : format, 64);
  const document = {
    ...asked.info,
    ...(asked.errors.length === 0 ? {} : { ServerErrors: asked.errors }),
    ClientInfo: { Debug: context.options.debug, ...clientVersion(undefined), Plugins: [], Warnings: null },
  };
  const { text, failure } = runPartly(template, typedValue('DockerInfo', document));
  context.stdout.write(`${text}\n`);
  if (asked.unreachable !== undefined || failure !== undefined) throw asked.unreachable ?? failure;
  return 0;
}
