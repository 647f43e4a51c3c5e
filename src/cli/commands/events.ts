/** `events`: https://docs.docker.com/reference/cli/docker/system/events/ */
import { messageOf } from '#base/errors.ts';
import type { EventMessage } from '#spec/docker-api/system.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { filtersOf } from '../filters.ts';
import { BROKEN_PIPE_STATUS } from '../guarded-output.ts';
import type { ParsedFlags } from '../parsed-flags.ts';
import { typedValue } from '../render/typed.ts';
import { guardOutputs, isBrokenPipe, write } from '../stream/output.ts';
import { runTemplate } from '../template/execute.ts';
import { FUNCTIONS } from '../template/functions.ts';
import { parseTemplate } from '../template/parser.ts';
import { readTimestamp } from '../timestamp.ts';

type Format = (event: EventMessage) => string;

/** Local time with all nine digits, as docker prints it. */
function timeText(event: EventMessage): string {
  // The number itself is only exact to the microsecond; its digits are what the engine sent.
  const ns = event.timeNano ? BigInt(String(event.timeNano)) : BigInt(event.time ?? 0) * 1_000_000_000n;
  if (ns === 0n) return '';
  const ms = Number(ns / 1_000_000n);
  const offset = -new Date(ms).getTimezoneOffset();
  const local = new Date(ms + offset * 60_000).toISOString().slice(0, 19);
  const two = (value: number) => String(Math.trunc(value)).padStart(2, '0');
  const zone =
    offset === 0 ? 'Z' : `${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
  return `${local}.${String(ns % 1_000_000_000n).padStart(9, '0')}${zone} `;
}

function plain(event: EventMessage): string {
  const attributes = Object.entries(event.Actor.Attributes ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  const suffix = attributes.length > 0 ? ` (${attributes.join(', ')})` : '';
  return `${timeText(event)}${event.Type} ${event.Action} ${event.Actor.ID}${suffix}`;
}

function formatOf(text: string): Format {
  if (text === '') return plain;
  try {
    const template = parseTemplate(text === 'json' ? '{{json .}}' : text, new Set(FUNCTIONS.keys()));
    const format = (event: unknown) => runTemplate(template, typedValue('EventMessage', event));
    // Tried out on nothing, so that a name that is none is told at once.
    format({ Actor: {} });
    return format;
  } catch (error) {
    throw new ExitFailure(64, `Error parsing format: ${messageOf(error)}`);
  }
}

function timeOf(flags: ParsedFlags, name: 'since' | 'until') {
  const text = flags.text(name);
  if (text === '') return {};
  try {
    return { [name]: readTimestamp(text, Date.now()) };
  } catch (error) {
    throw new ExitFailure(1, messageOf(error));
  }
}

export async function run(context: Context, { flags }: Invocation): Promise<number> {
  const format = formatOf(flags.text('format'));
  const filters = filtersOf(flags.list('filter'));
  const query = {
    ...timeOf(flags, 'since'),
    ...timeOf(flags, 'until'),
    ...(filters === undefined ? {} : { filters }),
  };
  const client = await context.client();
  const unguard = guardOutputs(context.stdout);
  try {
    for await (const event of await client.system.events(query, context.signal))
      await write(context.stdout, `${format(event)}\n`);
  } catch (error) {
    if (isBrokenPipe(error)) throw new ExitFailure(BROKEN_PIPE_STATUS);
    throw error;
  } finally {
    unguard();
  }
  return 0;
}
