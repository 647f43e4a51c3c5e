import type { Readable } from 'node:stream';
import { Writable } from 'node:stream';
import { demultiplex } from './demux.ts';
import type { Hijacked } from './hijacked.ts';

/** What a program said, as text. */
export interface Output {
  readonly stdout: string;
  /** Empty for a terminal, which has one stream. */
  readonly stderr: string;
}

function collector(): { readonly sink: Writable; text(): string } {
  const chunks: Buffer[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { sink, text: () => Buffer.concat(chunks).toString() };
}

/** Reads an attached program's output to its end. */
export async function readOutput({ stream, multiplexed }: Hijacked): Promise<Output> {
  const stdout = collector();
  const stderr = collector();
  if (multiplexed === false) {
    for await (const chunk of stream as Readable) stdout.sink.write(chunk);
  } else {
    await demultiplex(stream, { stdout: stdout.sink, stderr: stderr.sink });
  }
  return { stdout: stdout.text(), stderr: stderr.text() };
}
