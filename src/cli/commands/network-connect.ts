/** `network connect`: https://docs.docker.com/reference/cli/docker/network/connect/ */
import { cut } from '#base/cut.ts';
import { messageOf } from '#base/errors.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { link } from '../run/value-rules.ts';
import { splitValues } from '../split-values.ts';

function driverOptions(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => {
      const [key, value] = cut(entry, '=');
      if (value === undefined || key.trim() === '')
        throw new ExitFailure(1, 'invalid key/value pair format in driver options');
      return [key.trim(), value.trim()] as const;
    }),
  );
}

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const [network = '', container = ''] = args;
  const [ipv4, ipv6, linkLocal] = [flags.text('ip'), flags.text('ip6'), splitValues(flags, 'link-local-ip')];
  const links = flags.list('link').map((value) => {
    try {
      return link(value);
    } catch (error) {
      throw flags.invalid('link', value, messageOf(error));
    }
  });
  const EndpointConfig = {
    IPAMConfig: {
      ...(ipv4 === '' ? {} : { IPv4Address: ipv4 }),
      ...(ipv6 === '' ? {} : { IPv6Address: ipv6 }),
      ...(linkLocal.length === 0 ? {} : { LinkLocalIPs: linkLocal }),
    },
    Links: links.length === 0 ? null : links,
    Aliases: splitValues(flags, 'alias'),
    DriverOpts: driverOptions(splitValues(flags, 'driver-opt')),
    GwPriority: flags.number('gw-priority'),
  };
  const client = await context.client();
  await client.networks.connect(network, { Container: container, EndpointConfig }, context.signal);
  return 0;
}
