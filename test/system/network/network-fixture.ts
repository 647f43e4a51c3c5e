/** Containers on networks, and what the kernel says about them. */
import { execFileSync } from 'node:child_process';
import { createNetworks } from '#engine/networks/engine-networks.ts';
import type { ContainerCreateRequest, ContainerInspect, EndpointSettings } from '#spec/docker-api/containers.ts';
import type { NetworkCreateRequest } from '#spec/docker-api/networks.ts';
import { type EngineFixture, request } from '../../lib/engine-fixture.ts';

/** The network calls of a fixture's engine. */
export function networksOf({ core }: EngineFixture) {
  return createNetworks(core.context, async (ref) => ref);
}

/** Makes a network and tells its interface and gateways. */
export async function makeNetwork(fixture: EngineFixture, wanted: NetworkCreateRequest) {
  const networks = networksOf(fixture);
  await networks.create(wanted);
  const found = await networks.inspect(wanted.Name ?? '');
  const gateways = (found.IPAM.Config ?? []).map(({ Gateway }) => Gateway ?? '');
  const device = fixture.core.context.networks.get(found.Id)?.device;
  return { id: found.Id, gateways, interfaceName: device?.interfaceName ?? '', subnets: device?.pools ?? [] };
}

/** Starts a container that only waits. */
export async function startOn(
  fixture: EngineFixture,
  network: string,
  more: ContainerCreateRequest = {},
  name?: string,
): Promise<ContainerInspect> {
  const { containers } = fixture.core;
  const wanted = request(['sleep', '1000000'], { ...more, HostConfig: { ...more.HostConfig, NetworkMode: network } });
  const { Id } = await containers.create(wanted, name === undefined ? {} : { name });
  await containers.start(Id);
  return containers.inspect(Id);
}

export const pidOf = ({ State }: ContainerInspect) => State.Pid;
export const namespaceOf = ({ State }: ContainerInspect) => `/proc/${State.Pid}/ns/net`;

/** What a container has in a network. */
export function placeOf({ NetworkSettings }: ContainerInspect, network: string): EndpointSettings {
  const place = NetworkSettings.Networks[network];
  if (place === undefined) throw new Error(`not in ${network}`);
  return place;
}

/** Output of ip(8) in the network namespace of a container, or of this machine. */
export function ip(container: ContainerInspect | undefined, ...words: string[]): string {
  const inside = container === undefined ? [] : ['nsenter', `--net=${namespaceOf(container)}`];
  const [program = '', ...rest] = [...inside, 'ip', ...words];
  return execFileSync(program, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

interface Interface {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly address: string;
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number; readonly tentative?: boolean }[];
}

/** Interfaces but the loopback device, by name. */
export function interfacesOf(container: ContainerInspect): Map<string, Interface> {
  const all = JSON.parse(ip(container, '-json', 'address')) as Interface[];
  return new Map(all.filter(({ ifname }) => ifname !== 'lo').map((one) => [one.ifname, one]));
}

/** Gateways of the default routes of a family. */
export function defaultGateways(container: ContainerInspect, family: 4 | 6): string[] {
  const routes = JSON.parse(ip(container, `-${family}`, '-json', 'route', 'show', 'default')) as { gateway?: string }[];
  return routes.map(({ gateway }) => gateway ?? '');
}

/** Output of a program of this machine in a container's network namespace. */
export function nsenter(container: ContainerInspect, ...words: string[]): string {
  return execFileSync('nsenter', [`--net=${namespaceOf(container)}`, ...words], { encoding: 'utf8' });
}
