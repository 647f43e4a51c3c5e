/** What a container asks to have published: `HostConfig.PortBindings` and `PublishAllPorts`. */
import { BerthError } from '#base/errors.ts';
import { parseAddress } from '#base/ip-address.ts';
import type { PortProtocol } from '#network/model.ts';
import type { HostConfig, PortMap, StringSet } from '#spec/docker-api/containers.ts';

const HIGHEST_PORT = 65_535;
const PROTOCOLS: readonly string[] = ['tcp', 'udp', 'sctp'];

/** A port of a container, and where it shall be reached. */
export interface WishedPort {
  readonly protocol: PortProtocol;
  readonly containerPort: number;
  /** Empty: where the network publishes. */
  readonly hostIp: string;
  /** Any free one of these; both 0: any free one of the ephemeral ports. */
  readonly first: number;
  readonly last: number;
}

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'container.port', message);
}

function portSpecification(text: string): BerthError {
  return invalid(`invalid port specification: ${JSON.stringify(text)}`);
}

function readPort(text: string, whole: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > HIGHEST_PORT) throw portSpecification(whole);
  return Number(text);
}

/** `80/tcp`, or `80`. @throws invalid, in Docker's words */
export function parseContainerPort(key: string): { readonly protocol: PortProtocol; readonly port: number } {
  const slash = key.indexOf('/');
  const text = slash < 0 ? key : key.slice(0, slash);
  const protocol = slash < 0 ? 'tcp' : key.slice(slash + 1).toLowerCase();
  const port = readPort(text, text);
  if (port === 0) throw portSpecification(text);
  if (!PROTOCOLS.includes(protocol)) throw invalid(`invalid proto: ${protocol}`);
  return { protocol: protocol as PortProtocol, port };
}

/** Nothing, `0`, `8080` or `8000-8010`. @throws invalid, in Docker's words */
function parseHostPort(text: string): { readonly first: number; readonly last: number } {
  if (text === '') return { first: 0, last: 0 };
  const [start = '', end, ...more] = text.split('/')[0]!.split('-');
  const first = readPort(start, text);
  const last = end === undefined ? first : readPort(end, text);
  if (more.length > 0 || last < first || (first === 0 && last !== 0)) throw portSpecification(text);
  return { first, last };
}

function wishesOf(bindings: PortMap): WishedPort[] {
  return Object.entries(bindings).flatMap(([key, list]) => {
    const { protocol, port } = parseContainerPort(key);
    // A port that is listed without a binding gets an ephemeral one.
    const wanted = list === null || list.length === 0 ? [{ HostIp: '', HostPort: '' }] : list;
    return wanted.map(({ HostIp, HostPort }): WishedPort => {
      const hostIp = HostIp ?? '';
      if (hostIp !== '' && parseAddress(hostIp) === undefined) throw invalid(`invalid IP address: ${hostIp}`);
      return { protocol, containerPort: port, hostIp, ...parseHostPort(HostPort ?? '') };
    });
  });
}

/**
 * All that is to be published, in the order of the container's ports.
 *
 * @param exposed `ExposedPorts` of the container
 * @throws invalid, in Docker's words
 */
export function wishedPorts(
  host: Pick<HostConfig, 'PortBindings' | 'PublishAllPorts'>,
  exposed: StringSet | undefined,
): WishedPort[] {
  const wishes = wishesOf(host.PortBindings);
  const bound = new Set(wishes.map(({ protocol, containerPort }) => `${containerPort}/${protocol}`));
  const rest = host.PublishAllPorts ? Object.keys(exposed ?? {}).map(parseContainerPort) : [];
  return [
    ...wishes,
    ...rest
      .filter(({ protocol, port }) => !bound.has(`${port}/${protocol}`))
      .map(({ protocol, port }) => ({ protocol, containerPort: port, hostIp: '', first: 0, last: 0 })),
  ].sort(
    (a, b) => a.containerPort - b.containerPort || (a.protocol < b.protocol ? -1 : Number(a.protocol > b.protocol)),
  );
}
