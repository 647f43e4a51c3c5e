import type { ContainerCreateRequest } from '#spec/docker-api/containers.ts';
import type { Client } from './client.ts';
import { type Output, readOutput } from './output.ts';

/** A program that has ended. */
export interface Ended extends Output {
  readonly exitCode: number;
}

export interface RunOptions {
  readonly name?: string;
  /** Text for standard input; without it there is none. */
  readonly input?: string;
  /** Aborts the run: the container is removed then, too. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a container to its end and removes it: `docker run --rm`, for programs.
 *
 * @param request as `POST /containers/create` takes it; `Image` and usually `Cmd`
 * @throws BerthError `not-found` for an image that is not here, and what makes the start impossible
 * @example const { stdout } = await run(client, { Image: 'alpine', Cmd: ['cat', '/etc/os-release'] });
 */
export async function run(client: Client, request: ContainerCreateRequest, options: RunOptions = {}): Promise<Ended> {
  const { name, input, signal } = options;
  const withInput = input === undefined ? {} : { AttachStdin: true, OpenStdin: true, StdinOnce: true };
  const body = { ...request, ...withInput, AttachStdout: true, AttachStderr: true };
  const { Id } = await client.containers.create(body, { name }, signal);
  try {
    const streams = { stream: true, stdin: input !== undefined, stdout: true, stderr: true };
    const attached = await client.containers.attach(Id, streams, signal);
    const { done } = await client.containers.wait(Id, 'next-exit', signal);
    await client.containers.start(Id, {}, signal);
    if (input !== undefined) attached.stream.end(input);
    const [output, { StatusCode }] = await Promise.all([readOutput(attached), done]);
    return { exitCode: StatusCode, ...output };
  } finally {
    await client.containers.remove(Id, { force: true, volumes: true });
  }
}

export interface ExecOptions {
  readonly env?: readonly string[];
  readonly user?: string;
  readonly workingDir?: string;
  /** Text for standard input; without it there is none. */
  readonly input?: string;
  /** Ends the waiting; the program in the container goes on. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a program in a running container to its end.
 *
 * @throws BerthError `not-found` for the container, `conflict` when it does not run
 * @example const { exitCode } = await exec(client, 'db', ['pg_isready']);
 */
export async function exec(
  client: Client,
  container: string,
  command: readonly string[],
  options: ExecOptions = {},
): Promise<Ended> {
  const { env, user, workingDir, input, signal } = options;
  const config = {
    Cmd: command,
    ...(env === undefined ? {} : { Env: env }),
    ...(user === undefined ? {} : { User: user }),
    ...(workingDir === undefined ? {} : { WorkingDir: workingDir }),
    AttachStdin: input !== undefined,
    AttachStdout: true,
    AttachStderr: true,
  };
  const { Id } = await client.execs.create(container, config, signal);
  const attached = await client.execs.start(Id, {}, signal);
  if (input !== undefined) attached.stream.end(input);
  const output = await readOutput(attached);
  return { exitCode: await exitCodeOf(client, Id, signal), ...output };
}

/** The end of the output may come a moment before the exit is recorded. */
async function exitCodeOf(client: Client, id: string, signal: AbortSignal | undefined): Promise<number> {
  for (;;) {
    const { Running, ExitCode } = await client.execs.inspect(id, signal);
    if (!Running) return ExitCode ?? -1;
    signal?.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

const LOOK_AGAIN_MS = 5;
