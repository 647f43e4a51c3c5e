/** A network namespace that plays another machine, on a link of its own to this one, and peers that speak in namespaces. */
import { type ChildProcessWithoutNullStreams, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PEER = join(dirname(fileURLToPath(import.meta.url)), 'port-peer.py');
const run = promisify(execFile);

export interface OutsideHost extends AsyncDisposable {
  /** This machine's end: its interface and addresses on the link. */
  readonly device: string;
  readonly inside: { readonly v4: string; readonly v6: string };
  /** The other machine's addresses. */
  readonly outside: { readonly v4: string; readonly v6: string };
  /** Path of the namespace. */
  readonly namespace: string;
}

const ip = (...words: string[]) => execFileSync('ip', words, { stdio: ['ignore', 'pipe', 'pipe'] });

let made = 0;

/** Makes one; the addresses are of the benchmark networks (RFC 2544), different for every process and call. */
export function openOutsideHost(): OutsideHost {
  const number = (process.pid * 4 + made++ * 7) % 16_384;
  const name = `bout${process.pid}x${made}`.slice(0, 15);
  const device = `tp${process.pid}x${made}`.slice(0, 15);
  const base = number * 4;
  const v4 = (host: number) => `198.${18 + (base >> 16)}.${(base >> 8) & 255}.${(base & 255) + host}`;
  const v6 = (host: number) => `2001:db8:${number.toString(16)}::${host}`;
  ip('netns', 'add', name);
  ip('link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  ip('address', 'add', `${v4(1)}/30`, 'dev', device);
  ip('address', 'add', `${v6(1)}/64`, 'dev', device, 'nodad');
  ip('link', 'set', device, 'up');
  for (const words of [
    ['address', 'add', `${v4(2)}/30`, 'dev', 'eth0'],
    ['address', 'add', `${v6(2)}/64`, 'dev', 'eth0', 'nodad'],
    ['link', 'set', 'eth0', 'up'],
    ['link', 'set', 'lo', 'up'],
    ['route', 'add', 'default', 'via', v4(1)],
    ['-6', 'route', 'add', 'default', 'via', v6(1)],
  ])
    ip('-n', name, ...words);
  return {
    device,
    inside: { v4: v4(1), v6: v6(1) },
    outside: { v4: v4(2), v6: v6(2) },
    namespace: `/run/netns/${name}`,
    [Symbol.asyncDispose]: async () => {
      execFileSync('ip', ['link', 'delete', device], { stdio: 'ignore' });
      execFileSync('ip', ['netns', 'delete', name], { stdio: 'ignore' });
    },
  };
}

/** How long the answer to a question that shall have one is waited for, and to one that shall not; seconds. */
const PATIENCE = 60;
const SILENCE = 1;

/**
 * Asks a port, from a network namespace or from here.
 *
 * @param answer `none`: nothing is expected, and waited for only shortly
 * @returns the server's words, `refused` or `nothing`
 */
export async function ask(
  namespace: string | undefined,
  protocol: 'tcp' | 'udp' | 'sctp',
  address: string,
  port: number,
  answer: 'some' | 'none' = 'some',
): Promise<string> {
  const seconds = answer === 'some' ? PATIENCE : SILENCE;
  const words = ['python3', PEER, 'ask', protocol, address, String(port), String(seconds)];
  const [program = '', ...rest] = namespace === undefined ? words : ['nsenter', `--net=${namespace}`, ...words];
  const { stdout } = await run(program, rest);
  return stdout.trim();
}

export interface Peer extends AsyncDisposable {
  /** Sends a line and waits for the next one. */
  say(line: string): Promise<string>;
}

async function start(words: readonly string[]): Promise<Peer> {
  const [program = '', ...rest] = words;
  const child: ChildProcessWithoutNullStreams = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${words.join(' ')} ended: ${String(child.stderr.read() ?? '')}`);
    return value as string;
  };
  await next();
  return {
    say: async (line) => {
      child.stdin.write(`${line}\n`);
      return next();
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** Answers on ports in the network namespace of a process, or at a path; `serve-sctp`: on SCTP instead of TCP and UDP. */
export function servePorts(
  where: number | string,
  ports: readonly number[],
  mode: 'serve' | 'serve-sctp' = 'serve',
): Promise<Peer> {
  const namespace = typeof where === 'number' ? `/proc/${where}/ns/net` : where;
  return start(['nsenter', `--net=${namespace}`, 'python3', PEER, mode, ...ports.map(String)]);
}

/** Keeps a connection open. */
export function holdConnection(namespace: string, address: string, port: number): Promise<Peer> {
  return start(['nsenter', `--net=${namespace}`, 'python3', PEER, 'hold', address, String(port)]);
}

/** Sends UDP packets from one port. */
export function sendPackets(namespace: string, address: string, port: number): Promise<Peer> {
  return start(['nsenter', `--net=${namespace}`, 'python3', PEER, 'send', address, String(port)]);
}
