/** Published ports as the API shows them. */
import type { PublishedRange } from '#network/model.ts';
import type { Port, PortBinding, PortMap, StringSet } from '#spec/docker-api/containers.ts';

interface ShownPort {
  readonly key: string;
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: string;
}

function* eachPort(ranges: readonly PublishedRange[]): Generator<ShownPort> {
  for (const { protocol, hostAddress, hostPort, containerPort, count } of ranges) {
    for (let i = 0; i < count; i++) {
      const inside = containerPort + i;
      const key = `${inside}/${protocol}`;
      yield { key, hostIp: hostAddress, hostPort: hostPort + i, containerPort: inside, protocol };
    }
  }
}

/** `NetworkSettings.Ports` of a running container: exposed ports that are not published have `null`. */
export function portMapOf(ranges: readonly PublishedRange[], exposed: StringSet | undefined): PortMap {
  const map = new Map<string, PortBinding[]>();
  for (const { key, hostIp, hostPort } of eachPort(ranges)) {
    const binding = { HostIp: hostIp, HostPort: String(hostPort) };
    const list = map.get(key);
    if (list === undefined) map.set(key, [binding]);
    else list.push(binding);
  }
  const closed = Object.keys(exposed ?? {}).filter((key) => !map.has(key));
  return Object.fromEntries([...closed.map((key) => [key, null] as const), ...map]);
}

/** `Ports` of the list of containers. */
export function portSummariesOf(ranges: readonly PublishedRange[], exposed: StringSet | undefined): Port[] {
  const published = [...eachPort(ranges)];
  const keys = new Set(published.map(({ key }) => key));
  const closed = Object.keys(exposed ?? {}).filter((key) => !keys.has(key));
  return [
    ...closed.map((key): Port => {
      const [port = '', Type = 'tcp'] = key.split('/');
      return { PrivatePort: Number(port), Type };
    }),
    ...published.map(({ hostIp, hostPort, containerPort, protocol }): Port => {
      return { IP: hostIp, PrivatePort: containerPort, PublicPort: hostPort, Type: protocol };
    }),
  ];
}
