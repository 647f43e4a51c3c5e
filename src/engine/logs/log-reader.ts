import { Readable } from 'node:stream';
import { BerthError } from '#base/errors.ts';
import type { LogsQuery } from '#spec/docker-api/system.ts';
import { parseApiTimestamp } from '#spec/docker-api/timestamp.ts';
import type { Containers, LocatedContainer } from '../containers/api.ts';
import type { Logs } from './api.ts';
import { followLog } from './follow.ts';
import { LineScanner, type ScanOptions } from './line-scanner.ts';
import { closeFiles, type LogFile, openLogFiles } from './log-files.ts';
import { LineBuffer, readPart } from './read-parts.ts';
import { partsSince } from './since.ts';
import { tailParts } from './tail.ts';

function timeOf(text: string | undefined): bigint | undefined {
  const ns = text === undefined ? 0n : parseApiTimestamp(text);
  return ns === 0n ? undefined : ns;
}

function scanOptions(query: LogsQuery, tty: boolean): ScanOptions {
  return {
    stdout: query.stdout ?? false,
    stderr: query.stderr ?? false,
    multiplexed: !tty,
    joinFrames: query.joinFrames ?? false,
    timestamps: query.timestamps ?? false,
    details: query.details ?? false,
    sinceNs: timeOf(query.since),
    untilNs: timeOf(query.until),
  };
}

/** Like docker, everything that is no number of lines means all of them. */
function tailOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

async function* readLog(
  containers: Pick<Containers, 'locate'>,
  container: LocatedContainer,
  files: readonly LogFile[],
  query: LogsQuery,
  abort: AbortSignal | undefined,
): AsyncGenerator<Buffer, void> {
  const options = scanOptions(query, container.tty);
  const scanner = new LineScanner(options);
  const lines = new LineBuffer();
  const tail = tailOf(query.tail);
  const asked = tail === undefined ? files.map((file) => ({ file, offset: 0 })) : await tailParts(files, tail);
  const parts = options.sinceNs === undefined ? asked : await partsSince(asked, options.sinceNs);
  let last: { file: LogFile; offset: number } | undefined;
  for (const part of parts) {
    lines.drop();
    last = { file: part.file, offset: yield* readPart(part, lines, scanner, abort) };
  }
  if (!query.follow) return;
  const isRunning = async () => {
    const now = await containers.locate(container.id).catch(() => undefined);
    return now?.running === true;
  };
  yield* followLog({ path: container.logPath, isRunning }, last, lines, scanner, abort);
}

/** Reads the json-file logs that keepers write. */
export function createLogs(containers: Pick<Containers, 'locate'>): Logs {
  return {
    async read(ref, query, abort) {
      const container = await containers.locate(ref);
      if (!container.logReadable)
        throw new BerthError('unsupported', 'log.unreadable', 'configured logging driver does not support reading');
      // Checked before the answer begins: a bad time is a status, not the end of a stream.
      scanOptions(query, container.tty);
      // Opened before the answer begins: a client may remove the container as soon as it has the answer's head.
      const files = await openLogFiles(container.logPath);
      const stream = Readable.from(readLog(containers, container, files, query, abort), {
        objectMode: false,
        highWaterMark: 1024 * 1024,
      });
      stream.once('close', () => void closeFiles(files));
      return { multiplexed: !container.tty, stream };
    },
  };
}
