/** Runs Berth's command line in this process against a given engine. */
import { PassThrough, Readable, Writable } from 'node:stream';
import type { CliHost } from '#cli/command.ts';
import { runCli } from '#cli/dispatch.ts';
import { connect } from '#client/client.ts';
import { inProcessTransport } from '#client/in-process-transport.ts';
import type { Dispatch } from '#spec/docker-api/exchange.ts';

export interface CliResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function collector(chunks: string[]): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
}

/**
 * Runs one command line.
 *
 * @param dispatch the engine
 * @param more what the host has beyond an empty environment and an empty input
 */
export async function runCliWith(
  dispatch: Dispatch,
  words: readonly string[],
  more: Partial<CliHost> & { readonly input?: string } = {},
): Promise<CliResult> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const { input = '', ...host } = more;
  const status = await runCli(words, {
    stdin: input === '' ? new PassThrough().end() : Readable.from([input]),
    stdout: collector(stdout),
    stderr: collector(stderr),
    env: {},
    cwd: '/',
    signal: new AbortController().signal,
    connect: async () => connect(inProcessTransport(dispatch, '1.50')),
    ...host,
  });
  return { status, stdout: stdout.join(''), stderr: stderr.join('') };
}
