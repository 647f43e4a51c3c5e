/** `port`: https://docs.docker.com/reference/cli/docker/container/port/ */
import type { PortMap } from '#spec/docker-api/containers.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { goQuote } from '../flag-error.ts';
import { joinHostPort } from '../render/ports.ts';
import { naturalCompare } from '../render/shorten.ts';

/** Addresses where one port of the container is published. */
function frontendsOf(ports: PortMap, wanted: string, container: string): string[] {
  const [port = '', protocol = ''] = wanted.split('/', 2);
  if (!/^\d+$/.test(port)) {
    throw new ExitFailure(
      1,
      `Error: invalid port (${port}): strconv.ParseUint: parsing ${goQuote(port)}: invalid syntax`,
    );
  }
  if (Number(port) > 65535)
    throw new ExitFailure(
      1,
      `Error: invalid port (${port}): strconv.ParseUint: parsing ${goQuote(port)}: value out of range`,
    );
  const frontends = ports[`${port}/${protocol || 'tcp'}`] ?? [];
  if (frontends.length === 0) throw new ExitFailure(1, `Error: No public port '${wanted}' published for ${container}`);
  return frontends.map(({ HostIp, HostPort }) => joinHostPort(HostIp, HostPort));
}

export async function run(context: Context, { args }: Invocation): Promise<number> {
  const [container = '', wanted = ''] = args;
  const client = await context.client();
  const { NetworkSettings } = await client.containers.inspect(container, {}, context.signal);
  const ports = NetworkSettings.Ports ?? {};
  const lines =
    wanted === ''
      ? Object.entries(ports).flatMap(([from, frontends]) =>
          (frontends ?? []).map(({ HostIp, HostPort }) => `${from} -> ${joinHostPort(HostIp, HostPort)}`),
        )
      : frontendsOf(ports, wanted, container);
  if (lines.length > 0) context.stdout.write(`${lines.sort(naturalCompare).join('\n')}\n`);
  return 0;
}
