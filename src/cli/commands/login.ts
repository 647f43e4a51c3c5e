/** `login`: https://docs.docker.com/reference/cli/docker/login/ */
import { isBerthError, messageOf } from '#base/errors.ts';
import type { RegistryCredential } from '#spec/docker-api/registries.ts';
import type { Context, Invocation, UserCredentials } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import type { ParsedFlags } from '../parsed-flags.ts';
import { HUB, serverKey, toAuthConfig } from '../registry-auth.ts';
import { askLine, askSecret } from '../stream/prompt.ts';

const UNENCRYPTED = (path: string) => `
WARNING! Your credentials are stored unencrypted in '${path}'.
Configure a credential helper to remove this warning. See
https://docs.docker.com/go/credential-store/

`;

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const given = await readFlags(context, flags);
  const credentials = await context.credentials?.(context.options);
  const server = serverKey(args[0] ?? '');
  if (given.username === '' && given.password === '') {
    const answer = credentials === undefined ? undefined : await tryKept(context, credentials, server);
    if (answer !== undefined) return say(context, answer);
  }
  const username = given.username.trim() || (await askUser(context, server));
  const password = given.password || (await askPassword(context));
  const credential = { username, password };
  if (credentials === undefined) throw new ExitFailure(1, 'there is nowhere to keep credentials');
  const answer = await show(context, server, credential);
  await keep(
    context,
    credentials,
    server,
    answer.IdentityToken === '' ? credential : { username, identityToken: answer.IdentityToken },
  );
  return say(context, answer.Status);
}

async function readFlags(context: Context, flags: ParsedFlags): Promise<{ username: string; password: string }> {
  const username = flags.text('username');
  const password = flags.text('password');
  if (flags.changed('password') && flags.bool('password-stdin'))
    throw new ExitFailure(1, 'conflicting options: cannot specify both --password and --password-stdin');
  if (flags.changed('password') && password.trim() === '') throw new ExitFailure(1, 'password is empty');
  if (flags.bool('password-stdin')) {
    if (username === '') throw new ExitFailure(1, 'the --password-stdin option requires --username to be set');
    let text = '';
    for await (const chunk of context.stdin) text += String(chunk);
    const secret = text.replace(/\r?\n$/, '');
    if (secret === '') throw new ExitFailure(1, 'password is empty');
    return { username, password: secret };
  }
  if (flags.changed('password'))
    context.stderr.write('WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n');
  return { username, password };
}

/** @returns what the registry says to what is kept for it; undefined when nothing is, or it will not do any more */
async function tryKept(context: Context, credentials: UserCredentials, server: string): Promise<string | undefined> {
  const kept = await credentials.get(server);
  if (kept === undefined) return undefined;
  const user = kept.username ? ` [Username: ${kept.username}]` : '';
  context.stdout.write(`Authenticating with existing credentials...${user}\n`);
  try {
    const answer = await show(context, server, kept);
    if (user !== '')
      context.stderr.write(
        `\ni Info → To login with a different account, run 'berth logout' followed by 'berth login'\n\n\n`,
      );
    return answer.Status;
  } catch (error) {
    if (!isBerthError(error, 'unauthorized')) throw error;
    context.stderr.write(`Login did not succeed, error: ${messageOf(error)}\n`);
    return undefined;
  }
}

async function show(context: Context, server: string, credential: RegistryCredential) {
  const client = await context.client();
  return await client.system.login(toAuthConfig(server, credential), context.signal);
}

function needTerminal(context: Context): void {
  if (context.stdin.isTTY !== true)
    throw new ExitFailure(1, 'Error: Cannot perform an interactive login from a non TTY device');
}

async function askUser(context: Context, server: string): Promise<string> {
  needTerminal(context);
  if (server === HUB)
    context.stdout.write('Log in with your Docker ID or email address to push and pull images from Docker Hub.\n');
  const name = await askLine(context, 'Username: ');
  if (name === '') throw new ExitFailure(1, 'Error: Non-null Username Required');
  return name;
}

async function askPassword(context: Context): Promise<string> {
  needTerminal(context);
  const secret = await askSecret(context, 'Password: ');
  if (secret === '') throw new ExitFailure(1, 'Error: Password Required');
  return secret;
}

async function keep(
  context: Context,
  credentials: UserCredentials,
  server: string,
  credential: RegistryCredential,
): Promise<void> {
  const isReadable = await credentials.store(server, credential);
  if (isReadable) context.stderr.write(UNENCRYPTED(credentials.path));
}

function say(context: Context, status: string): number {
  if (status !== '') context.stdout.write(`${status}\n`);
  return 0;
}
