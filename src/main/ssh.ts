/** Engines of other machines through the user's own `ssh`, with its keys, agents and configuration. */
import { spawn } from 'node:child_process';
import { type Duplex, PassThrough } from 'node:stream';
import { BerthError } from '#base/errors.ts';
import { joinDuplex } from '#base/join-duplex.ts';
import type { EngineAddress } from '#client/engine-host.ts';

/** At the other end: Berth if it is there, else docker. */
const REMOTE =
  'if command -v berth >/dev/null 2>&1; then exec berth system dial-stdio; else exec docker system dial-stdio; fi';

/**
 * One connection to the engine behind an address.
 *
 * @returns a stream that fails with what ssh said when it cannot connect
 */
export function dialSsh(address: EngineAddress & { readonly kind: 'ssh' }): Duplex {
  const words = [
    '-o',
    'ConnectTimeout=30',
    '-T',
    ...(address.user === undefined ? [] : ['-l', address.user]),
    ...(address.port === undefined ? [] : ['-p', String(address.port)]),
    '--',
    address.host,
    REMOTE,
  ];
  const child = spawn('ssh', words, { stdio: ['pipe', 'pipe', 'pipe'] });
  const complaints: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  // The end of the output, and that nobody reads the input, are told when it is known why: ssh that cannot connect ends like
  // an engine that hangs up.
  const output = new PassThrough();
  child.stdout.pipe(output, { end: false });
  const input = new PassThrough();
  input.pipe(child.stdin);
  child.stdin.on('error', () => {});
  const stream = joinDuplex(output, input);
  const fail = (why: string) => {
    const message = `Cannot connect to the Docker daemon at ssh://${address.host}: ${why}`;
    stream.destroy(new BerthError('unavailable', 'client.cannot-connect', message));
  };
  child.once('error', (error) => fail(`run ssh: ${error.message}`));
  child.once('close', (status) => {
    if (status === 0) output.end();
    else fail(Buffer.concat(complaints).toString('utf8').trim() || `ssh ended with ${status}`);
  });
  stream.once('close', () => child.kill());
  return stream;
}
