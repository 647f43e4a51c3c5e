import type { NetworkStats } from '#spec/docker-api/system.ts';
import { readProcessFile } from './proc.ts';

/**
 * Counters of the interfaces in the text of /proc/PID/net/dev (proc_pid_net(5)), the loopback device left out. Lines are a name and
 * sixteen numbers: bytes, packets, errors, dropped and four more of what was received, then of what was sent.
 */
export function parseInterfaceCounters(text: string): Record<string, NetworkStats> {
  const counters: Record<string, NetworkStats> = {};
  for (const line of text.split('\n')) {
    const match = /^\s*(\S+):\s*([\d\s]+)$/.exec(line);
    const [, name = 'lo', words = ''] = match ?? [];
    const numbers = words.trim().split(/\s+/).map(Number);
    if (name === 'lo' || numbers.length < 12) continue;
    const [rx, tx] = [numbers.slice(0, 4), numbers.slice(8, 12)];
    counters[name] = {
      rx_bytes: rx[0]!,
      rx_packets: rx[1]!,
      rx_errors: rx[2]!,
      rx_dropped: rx[3]!,
      tx_bytes: tx[0]!,
      tx_packets: tx[1]!,
      tx_errors: tx[2]!,
      tx_dropped: tx[3]!,
    };
  }
  return counters;
}

/** Counters of the interfaces in the network namespace of a process; none when it has ended. */
export function interfaceCounters(pid: number): Record<string, NetworkStats> {
  return parseInterfaceCounters(readProcessFile(pid, 'net/dev') ?? '');
}

/** Names of all interfaces in this process's network namespace. */
export function interfaceNames(): string[] {
  const lines = (readProcessFile(process.pid, 'net/dev') ?? '').split('\n');
  return lines.flatMap((line) => /^\s*(\S+):/.exec(line)?.[1] ?? []);
}
