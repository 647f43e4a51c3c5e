import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Client } from '#client/client.ts';
import type { ProgressMessage } from '#spec/docker-api/images.ts';
import { fullName, parseReference, withDefaultTag } from '#spec/reference.ts';
import type { Context } from './command.ts';
import { ExitFailure } from './failure.ts';
import { registryAuthFor } from './registry-auth.ts';
import { openInputFile } from './stream/input-file.ts';
import { showProgress, silent } from './stream/progress.ts';

const LOCAL = 'daemon://';
const REMOTE = 'remote://';

/** Images by what a client knows them as. */
export interface Operands extends AsyncDisposable {
  readonly client: Client;
  readonly names: readonly string[];
}

/**
 * Makes images that a user names in any way known to one client: a local name or `daemon://NAME`, a file with an archive, or
 * `remote://NAME` of a registry. Unless all are local, that is one of a place of its own, which is removed in the end: the user's
 * images stay as they are.
 */
export async function openOperands(context: Context, given: readonly string[]): Promise<Operands> {
  if (given.every((text) => !isElsewhere(context, text))) {
    const client = await context.client();
    return { client, names: given.map(localName), [Symbol.asyncDispose]: async () => {} };
  }
  if (context.scratch === undefined) throw new ExitFailure(1, 'this program can only look into images that it has');
  const place = await context.scratch();
  try {
    const names: string[] = [];
    for (const text of given) names.push(await bring(context, place.client, text));
    return { client: place.client, names, [Symbol.asyncDispose]: () => place[Symbol.asyncDispose]() };
  } catch (error) {
    await place[Symbol.asyncDispose]();
    throw error;
  }
}

function isElsewhere(context: Context, text: string): boolean {
  return text.startsWith(REMOTE) || isArchive(context, text);
}

function isArchive({ cwd }: Context, text: string): boolean {
  if (text.startsWith(LOCAL) || text.startsWith(REMOTE)) return false;
  const path = resolve(cwd, text);
  return existsSync(path) && statSync(path).isFile();
}

function localName(text: string): string {
  return text.startsWith(LOCAL) ? text.slice(LOCAL.length) : text;
}

/** @returns the id there */
async function bring(context: Context, client: Client, text: string): Promise<string> {
  if (text.startsWith(REMOTE)) {
    const reference = withDefaultTag(parseReference(text.slice(REMOTE.length)));
    const registryAuth = await registryAuthFor(context, reference);
    const tag = reference.digest ?? reference.tag;
    const messages = await client.images.pull(fullName(reference), { tag, registryAuth }, context.signal);
    await showProgress(messages, silent);
    return (await client.images.inspect(text.slice(REMOTE.length))).Id;
  }
  const source = isArchive(context, text)
    ? await openInputFile(text, context.cwd)
    : await (await context.client()).images.save([localName(text)], {}, context.signal);
  try {
    const messages = await client.images.load(source, { quiet: true }, context.signal);
    const names = await loadedNames(messages);
    if (names.length !== 1) throw new ExitFailure(1, `${text} has ${names.length} images: wanted one`);
    return (await client.images.inspect(names[0]!)).Id;
  } finally {
    source.destroy();
  }
}

async function loadedNames(messages: AsyncIterable<ProgressMessage>): Promise<string[]> {
  const names: string[] = [];
  for await (const message of messages) {
    if (message.error !== undefined) throw new ExitFailure(1, message.error);
    const name = /^Loaded image(?: ID)?: (\S+)/.exec(message.stream ?? '')?.[1];
    if (name !== undefined) names.push(name);
  }
  return names;
}
