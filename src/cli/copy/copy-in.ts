/** `cp` from this machine to a container. */
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import type { Client } from '#client/client.ts';
import type { PathStat } from '#spec/docker-api/images.ts';
import type { Context } from '../command.ts';
import { humanSize } from '../render/human-size.ts';
import { isDeviceMode, isDirectoryMode, isIrregularMode, isLinkMode } from './file-mode.ts';
import { sourcePlace } from './local-place.ts';
import { packLocal } from './pack-local.ts';
import { type CopyPlace, keepEnding, planCopy, resolveLink, splitEntry } from './paths.ts';
import { ProgressMeter } from './progress-meter.ts';

export interface CopyIn {
  /** As the user gave it; `-` for standard input. */
  readonly source: string;
  readonly container: string;
  readonly destination: string;
  readonly followLink: boolean;
  /** Owners stay what they are here. */
  readonly keepOwners: boolean;
  readonly quiet: boolean;
}

/** Bytes read ahead of what is sent. */
const AHEAD = 2 * 1024 * 1024;

async function destinationOf(client: Client, copy: CopyIn, abort: AbortSignal): Promise<CopyPlace> {
  // A path that is not there may be made, if its folder is; the engine says so if it is not.
  const look = (path: string): Promise<PathStat | undefined> =>
    client.containers.statArchive(copy.container, path, abort).catch(() => undefined);
  let path = copy.destination;
  let stat = await look(path);
  if (stat !== undefined && isLinkMode(stat.mode)) {
    path = resolveLink(path, stat.linkTarget);
    stat = await look(path);
  }
  if (stat === undefined) return { path, exists: false, isDirectory: false };
  const what = isDeviceMode(stat.mode) ? 'a device' : isIrregularMode(stat.mode) ? 'an irregular file' : undefined;
  if (what !== undefined)
    throw new Error(
      `destination "${copy.container}:${copy.destination}" must be a directory or a regular file: got ${what}`,
    );
  return { path, exists: true, isDirectory: isDirectoryMode(stat.mode) };
}

function* counted(chunks: Iterable<Buffer>, meter: ProgressMeter): Generator<Buffer> {
  for (const chunk of chunks) {
    meter.bytes += chunk.length;
    yield chunk;
  }
}

function packed(context: Context, copy: CopyIn, destination: CopyPlace, meter: ProgressMeter) {
  const path = keepEnding(resolve(context.cwd, copy.source), copy.source);
  const source = sourcePlace(path, copy.followLink);
  const { directory, rename } = planCopy(source, destination);
  const name = rename?.to ?? splitEntry(source.path).name;
  const chunks = counted(packLocal(source.path, name), meter);
  return { directory, tar: Readable.from(chunks, { objectMode: false, highWaterMark: AHEAD }) };
}

/** @throws BerthError of the engine; Error in docker's words */
export async function copyIn(context: Context, copy: CopyIn): Promise<void> {
  const client = await context.client();
  const destination = await destinationOf(client, copy, context.signal);
  const options = { noOverwriteDirNonDir: true, copyUidGid: copy.keepOwners };
  const meter = new ProgressMeter(context.stderr, 'Copying to container - ');
  if (copy.source === '-') {
    if (!destination.isDirectory)
      throw new Error(`destination "${copy.container}:${copy.destination}" must be a directory`);
    await client.containers.putArchive(copy.container, destination.path, context.stdin, options, context.signal);
    return;
  }
  const { directory, tar } = packed(context, copy, destination, meter);
  if (!copy.quiet) meter.start();
  // The engine may stop reading because the source failed: that failure is the one to tell.
  let failure: unknown;
  tar.on('error', (error) => {
    failure = error;
  });
  try {
    await client.containers.putArchive(copy.container, directory, tar, options, context.signal);
  } catch (error) {
    throw failure ?? error;
  } finally {
    meter.stop();
    tar.destroy();
  }
  if (!copy.quiet)
    context.stderr.write(`Successfully copied ${humanSize(meter.bytes, 3)} to ${copy.container}:${destination.path}\n`);
}
