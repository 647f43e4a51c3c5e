/** Creates the container that a command line of `run` or `create` asks for. */
import { isBerthError, messageOf } from '#base/errors.ts';
import type { Client } from '#client/client.ts';
import type { ContainerCreateRequest } from '#spec/docker-api/containers.ts';
import type { Reference } from '#spec/reference.ts';
import { familiarName, familiarReference, parseReferenceOrId, withDefaultTag } from '#spec/reference.ts';
import type { Context } from '../command.ts';
import type { ParsedFlags } from '../parsed-flags.ts';
import { formatPlatform, parsePlatform } from '../platform.ts';
import { registryAuthFor } from '../registry-auth.ts';
import { showProgress, silent } from '../stream/progress.ts';
import { sizeOf } from '../stream/terminal-size.ts';
import { openCidFile } from './cid-file.ts';
import { isLoopback } from './ip-address.ts';

/** @throws Error in docker's words */
export function checkPullPolicy(policy: string): void {
  if (!['always', 'missing', 'never', ''].includes(policy))
    throw new Error(`invalid pull option: '${policy}': must be one of "always", "missing" or "never"`);
}

/** The value of `--platform` as the API takes it. @throws Error in docker's words */
export function platformOf(flags: ParsedFlags): string | undefined {
  const given = flags.text('platform');
  if (given === '') return undefined;
  try {
    return formatPlatform(parsePlatform(given));
  } catch (error) {
    throw new Error(`error parsing specified platform: ${messageOf(error)}`);
  }
}

/** The image's name with a tag; `undefined` for an id, which cannot be pulled. */
function nameOf(image: string): Reference | undefined {
  const parsed = parseReferenceOrId(image);
  return 'id' in parsed ? undefined : withDefaultTag(parsed);
}

async function pull(context: Context, client: Client, image: Reference, flags: ParsedFlags, platform?: string) {
  const tag = image.digest ?? image.tag;
  const registryAuth = await registryAuthFor(context, image);
  const messages = await client.images.pull(familiarName(image), { tag, platform, registryAuth }, context.signal);
  await showProgress(messages, flags.bool('quiet') ? silent : context.stderr);
}

function isMissingImage(error: unknown): boolean {
  return isBerthError(error, 'not-found') && /no such image|specified platform/i.test(error.message);
}

function withConsoleSize(request: ContainerCreateRequest, context: Context): ContainerCreateRequest {
  const { rows, cols } = sizeOf(context.stdout);
  return { ...request, HostConfig: { ...request.HostConfig, ConsoleSize: [rows, cols] } };
}

/**
 * @param startFollows the container is started next
 * @returns the container's id
 * @throws BerthError of the engine, Error of the command line in docker's words
 */
export async function createContainer(
  context: Context,
  request: ContainerCreateRequest,
  flags: ParsedFlags,
  startFollows = false,
): Promise<string> {
  const cidFile = openCidFile(flags.text('cidfile'), context.cwd);
  try {
    const image = nameOf(request.Image ?? '');
    const platform = platformOf(flags);
    const client = await context.client();
    const policy = flags.text('pull') || 'missing';
    const body = withConsoleSize(request, context);
    const name = flags.text('name') || undefined;
    const create = () => client.containers.create(body, { name, platform, startFollows }, context.signal);
    if (policy === 'always' && image !== undefined) await pull(context, client, image, flags, platform);
    let created: Awaited<ReturnType<typeof create>>;
    try {
      created = await create();
    } catch (error) {
      if (policy !== 'missing' || image === undefined || !isMissingImage(error)) throw error;
      if (!flags.bool('quiet')) context.stderr.write(`Unable to find image '${familiarReference(image)}' locally\n`);
      await pull(context, client, image, flags, platform);
      created = await create();
    }
    const loopback = (request.HostConfig?.Dns ?? []).find(isLoopback);
    const warnings = created.Warnings ?? [];
    for (const warning of warnings) context.stderr.write(`WARNING: ${warning}\n`);
    if (loopback !== undefined) context.stderr.write(`WARNING: Localhost DNS (${loopback}) may fail in containers.\n`);
    cidFile.write(created.Id);
    return created.Id;
  } finally {
    cidFile.close();
  }
}
