/** `cp` from a container to this machine. */
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Client } from '#client/client.ts';
import { TarParser } from '#spec/tar/tar-parser.ts';
import type { Context } from '../command.ts';
import { humanSize } from '../render/human-size.ts';
import { copyTo, flushed, guardOutputs } from '../stream/output.ts';
import { isDirectoryMode, isLinkMode } from './file-mode.ts';
import { checkOutputPath, destinationPlace } from './local-place.ts';
import { type CopyPlan, keepEnding, planCopy, rebase, resolveLink } from './paths.ts';
import { ProgressMeter } from './progress-meter.ts';
import { LocalWriter } from './unpack-local.ts';

export interface CopyOut {
  readonly container: string;
  readonly source: string;
  /** As the user gave it; `-` for standard output. */
  readonly destination: string;
  readonly followLink: boolean;
  readonly quiet: boolean;
}

/** Where the link at the end of the source leads, if that is wanted; else the source itself. */
async function followed(client: Client, copy: CopyOut, abort: AbortSignal) {
  const same = { path: copy.source, name: undefined };
  if (!copy.followLink) return same;
  // What cannot be looked at fails below, in the engine's words.
  const stat = await client.containers.statArchive(copy.container, copy.source, abort).catch(() => undefined);
  if (stat === undefined || !isLinkMode(stat.mode)) return same;
  return rebase(copy.source, resolveLink(copy.source, stat.linkTarget));
}

async function unpack(stream: Readable, plan: CopyPlan, meter: ProgressMeter): Promise<void> {
  const writer = new LocalWriter(plan.directory, plan.rename);
  const parser = new TarParser(writer);
  try {
    for await (const chunk of stream) {
      const bytes = chunk as Buffer;
      meter.bytes += bytes.length;
      parser.push(bytes);
    }
    parser.end();
    writer.finish();
  } finally {
    writer.close();
  }
}

async function toStandardOutput(context: Context, stream: Readable): Promise<void> {
  const unguard = guardOutputs(context.stdout);
  try {
    await copyTo(stream, context.stdout);
    await flushed(context.stdout);
  } finally {
    unguard();
  }
}

/** @throws BerthError of the engine; Error in docker's words */
export async function copyOut(context: Context, copy: CopyOut): Promise<void> {
  const isStream = copy.destination === '-';
  const target = isStream ? '-' : keepEnding(resolve(context.cwd, copy.destination), copy.destination);
  if (!isStream) checkOutputPath(target);
  const client = await context.client();
  const { path, name } = await followed(client, copy, context.signal);
  const { stream, stat } = await client.containers.getArchive(copy.container, path, context.signal);
  try {
    if (isStream) {
      await toStandardOutput(context, stream);
      return;
    }
    const source = { path, exists: true, isDirectory: isDirectoryMode(stat.mode), name };
    const plan = planCopy(source, destinationPlace(target));
    const meter = new ProgressMeter(context.stderr, 'Copying from container - ');
    if (!copy.quiet) meter.start();
    try {
      await unpack(stream, plan, meter);
    } finally {
      meter.stop();
    }
    if (!copy.quiet) context.stderr.write(`Successfully copied ${humanSize(meter.bytes, 3)} to ${target}\n`);
  } finally {
    stream.destroy();
  }
}
