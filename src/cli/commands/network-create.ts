/** `network create`: https://docs.docker.com/reference/cli/docker/network/create/ */
import { cut } from '#base/cut.ts';
import { messageOf } from '#base/errors.ts';
import type { NetworkCreateRequest } from '#spec/docker-api/networks.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import type { ParsedFlags } from '../parsed-flags.ts';
import { subnetConfigs } from '../run/subnet-flags.ts';
import { splitValues } from '../split-values.ts';

function toMap(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => {
      const [key, value = ''] = cut(entry, '=');
      return [key, value] as const;
    }),
  );
}

function configsOf(flags: ParsedFlags) {
  const given = {
    subnets: splitValues(flags, 'subnet'),
    ranges: splitValues(flags, 'ip-range'),
    gateways: splitValues(flags, 'gateway'),
    reserved: toMap(flags.list('aux-address')),
  };
  try {
    return subnetConfigs(given);
  } catch (error) {
    throw new ExitFailure(1, messageOf(error));
  }
}

function requestOf(name: string, flags: ParsedFlags): NetworkCreateRequest {
  const configFrom = flags.text('config-from');
  return {
    Name: name,
    Driver: flags.text('driver'),
    Options: toMap(flags.list('opt')),
    IPAM: {
      Driver: flags.text('ipam-driver'),
      Config: configsOf(flags),
      Options: toMap(flags.list('ipam-opt')),
    },
    ...(flags.changed('ipv4') ? { EnableIPv4: flags.bool('ipv4') } : {}),
    ...(flags.changed('ipv6') ? { EnableIPv6: flags.bool('ipv6') } : {}),
    Internal: flags.bool('internal'),
    Attachable: flags.bool('attachable'),
    Ingress: flags.bool('ingress'),
    Scope: flags.text('scope'),
    ConfigOnly: flags.bool('config-only'),
    ...(configFrom === '' ? {} : { ConfigFrom: { Network: configFrom } }),
    Labels: toMap(flags.list('label')),
  };
}

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const request = requestOf(args[0] ?? '', flags);
  const client = await context.client();
  const created = await client.networks.create(request, context.signal);
  if (created.Warning) context.stderr.write(`WARNING: ${created.Warning}\n`);
  context.stdout.write(`${created.Id}\n`);
  return 0;
}
