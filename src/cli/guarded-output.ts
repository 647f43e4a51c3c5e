import type { CliHost, Output } from './command.ts';

/** What a process that writes to a pipe without a reader ends with: 128 and the number of SIGPIPE. */
export const BROKEN_PIPE_STATUS = 141;

export interface GuardedOutput {
  /** Standard output; made when it is first asked for. */
  readonly stream: Output;
  /** Resolves when all is written, with what went wrong; nothing is waited for when nobody asked for the stream. */
  settle(): Promise<(Error & { readonly code?: string }) | undefined>;
}

/** Keeps a standard output that breaks from ending the process with a stack trace. */
export function guardOutput(host: Pick<CliHost, 'stdout'>): GuardedOutput {
  let stream: Output | undefined;
  let failure: Error | undefined;
  return {
    get stream() {
      if (stream === undefined) {
        stream = host.stdout;
        stream.on('error', (error) => {
          failure ??= error;
        });
      }
      return stream;
    },
    async settle() {
      const output = stream;
      if (output === undefined) return undefined;
      if (output.writable) await new Promise<void>((resolve) => output.write('', () => resolve()));
      return failure ?? output.errored ?? undefined;
    },
  };
}
