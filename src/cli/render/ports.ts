/** Ports of a container as `ps` shows them. */
import type { Port } from '#spec/docker-api/containers.ts';
import { compareStrings } from '../template/values.ts';

interface Range {
  first: number;
  last: number;
}

/** An address and a port, IPv6 in brackets. */
export function joinHostPort(host: string, port: string | number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function rangeText(key: string, range: Range): string {
  const [left = '', right] = key.split('/');
  const ports = range.first === range.last ? String(range.first) : `${range.first}-${range.last}`;
  return right === undefined ? `${ports}/${left}` : `${joinHostPort(left, ports)}->${ports}/${right}`;
}

function comparePorts(a: Port, b: Port): number {
  return (
    a.PrivatePort - b.PrivatePort ||
    compareStrings(a.IP ?? '', b.IP ?? '') ||
    (a.PublicPort ?? 0) - (b.PublicPort ?? 0) ||
    compareStrings(a.Type, b.Type)
  );
}

/** `0.0.0.0:80-81->80-81/tcp, 9000/udp`: neighbouring ports that are published under their own number are one range. */
export function displayPorts(ports: readonly Port[] | null | undefined): string {
  const done: string[] = [];
  const mapped: string[] = [];
  const open = new Map<string, Range>();
  for (const port of [...(ports ?? [])].sort(comparePorts)) {
    const { PrivatePort: at, Type: type } = port;
    if (port.IP && port.PublicPort !== at) {
      mapped.push(`${joinHostPort(port.IP, port.PublicPort ?? 0)}->${at}/${type}`);
      continue;
    }
    const key = port.IP ? `${port.IP}/${type}` : type;
    const range = open.get(key);
    if (range === undefined) open.set(key, { first: at, last: at });
    else if (at === range.last + 1) range.last = at;
    else {
      done.push(rangeText(key, { ...range }));
      range.first = at;
      range.last = at;
    }
  }
  return [...done, ...[...open].map(([key, range]) => rangeText(key, range)), ...mapped].join(', ');
}
