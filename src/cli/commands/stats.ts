/** `stats`: https://docs.docker.com/reference/cli/docker/container/stats/ */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '#client/client.ts';
import type { EventMessage } from '#spec/docker-api/system.ts';
import { configOf } from '../client-config.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure, failureText } from '../failure.ts';
import { renderRows } from '../render/rows.ts';
import { shortId } from '../render/shorten.ts';
import { STATS_HEADER, statsFormat, statsRow } from '../render/stats-row.ts';
import { StatsBoard } from '../stats-board.ts';

const REFRESH_MS = 500;
/** Terminal control: cursor to the top left, clear to the end of the line, clear to the end of the screen. */
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_REST = '\x1b[J';

interface Query {
  /** Also containers that do not run. */
  readonly all: boolean;
  readonly stream: boolean;
}

/** Keeps the board to the containers that come and go, until the events end. */
async function follow(events: AsyncIterable<EventMessage>, board: StatsBoard, all: boolean): Promise<void> {
  for await (const { Action, Actor } of events) {
    const id = shortId(Actor.ID);
    if (Action === 'start' || (Action === 'create' && all)) void board.add(id);
    else if ((Action === 'die' && !all) || Action === 'destroy') board.remove(id);
  }
}

/** @returns the end of the events, which only a failure brings */
async function watchAll(client: Client, board: StatsBoard, query: Query, abort: AbortSignal): Promise<Promise<void>[]> {
  // Subscribed before the list is read, so that no container is missed between the two.
  const filters = { type: ['container'] };
  const events = query.stream ? await client.system.events({ filters }, abort) : undefined;
  const containers = await client.containers.list({ all: query.all }, abort);
  const ended = events === undefined ? [] : [follow(events, board, query.all)];
  await Promise.all(containers.map((container) => board.add(shortId(container.Id))));
  return ended;
}

async function watchNamed(board: StatsBoard, names: readonly string[]): Promise<Promise<void>[]> {
  await Promise.all(names.map((name) => board.add(name)));
  const errors = board.errors();
  if (errors.length > 0) throw new ExitFailure(1, errors.map(failureText).join('\n'));
  return [];
}

function screen(text: string): string {
  const lines = text.split('\n').map((line) => `${line} ${CLEAR_LINE}\n`);
  return HOME + lines.join('') + CLEAR_REST;
}

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const stream = !flags.bool('no-stream');
  const truncate = !flags.bool('no-trunc');
  const client = await context.client();
  const end = new AbortController();
  const abort = AbortSignal.any([context.signal, end.signal]);
  const board = new StatsBoard(client, stream, abort);
  try {
    const format = statsFormat(flags.text('format') || configOf(context).statsFormat || 'table');
    const ended =
      args.length > 0
        ? await watchNamed(board, args)
        : await watchAll(client, board, { all: flags.bool('all'), stream }, abort);
    const failure = Promise.all(ended).then(() => undefined);
    // Its end after the last refresh is nobody's concern.
    failure.catch(() => undefined);
    for (;;) {
      const rows = board.entries().map(({ container, sample }) => statsRow(container, sample, truncate));
      const text = renderRows(format, STATS_HEADER, rows);
      context.stdout.write(stream ? screen(text) : text);
      if (!stream || !context.stdout.writable) return 0;
      const pause = sleep(REFRESH_MS, undefined, { signal: abort });
      await (ended.length === 0 ? pause : Promise.race([pause, failure.then(() => pause)]));
    }
  } finally {
    end.abort();
    board.stop();
  }
}
