/** `network rm`: https://docs.docker.com/reference/cli/docker/network/rm/ */
import { isBerthError } from '#base/errors.ts';
import type { Client } from '#client/client.ts';
import type { Context, Invocation } from '../command.ts';
import { confirm } from '../confirm.ts';
import { ExitFailure, failureText } from '../failure.ts';

const INGRESS = `WARNING! Before removing the routing-mesh network, verify all the nodes in your swarm run the same docker engine version. Otherwise, removal may not be effective and functionality of newly created ingress networks will be impaired.
Are you sure you want to continue?`;

/** An engine in a Swarm may have such a network. */
async function confirmIngress(context: Context, client: Client, name: string): Promise<void> {
  let isIngress = false;
  try {
    isIngress = (await client.networks.inspect(name, {}, context.signal)).Ingress;
  } catch (error) {
    // The removal tells what is wrong.
    if (!isBerthError(error)) throw error;
  }
  if (isIngress) await confirm(context, INGRESS);
}

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const client = await context.client();
  let hasFailed = false;
  for (const name of args) {
    try {
      await confirmIngress(context, client, name);
      await client.networks.remove(name, context.signal);
      context.stdout.write(`${name}\n`);
    } catch (error) {
      if (flags.bool('force') && isBerthError(error, 'not-found')) continue;
      context.stderr.write(`${failureText(error)}\n`);
      hasFailed = true;
    }
  }
  if (hasFailed) throw new ExitFailure(1, 'exit status 1');
  return 0;
}
