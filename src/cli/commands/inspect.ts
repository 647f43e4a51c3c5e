/** `inspect`: containers first, then images, networks, volumes; https://docs.docker.com/reference/cli/docker/inspect/ */
import { isBerthError } from '#base/errors.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { inspectNetwork } from '../inspect-network.ts';
import type { Inspected } from '../inspect-objects.ts';
import { inspectObjects } from '../inspect-objects.ts';

const TYPES = ['config', 'container', 'image', 'network', 'node', 'plugin', 'secret', 'service', 'task', 'volume'];
const KNOWN: ReadonlySet<string> = new Set(['', 'container', 'image', 'network', 'volume']);

/** Failures of one kind of object after which the next kind is tried. */
function isOfAnotherKind(error: unknown): boolean {
  if (!isBerthError(error)) return false;
  return error.kind === 'not-found' || /not supported|invalid reference format/.test(error.message);
}

function checkType(type: string, isGiven: boolean): void {
  const list = TYPES.join('", "');
  if (isGiven && type === '') throw new ExitFailure(1, `type is empty: must be one of "${list}"`);
  if (type !== '' && !TYPES.includes(type))
    throw new ExitFailure(1, `unknown type: "${type}": must be one of "${list}"`);
  if (!KNOWN.has(type)) throw new ExitFailure(1, `berth inspect --type ${type}: not available yet`);
}

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const type = flags.text('type');
  checkType(type, flags.changed('type'));
  const size = flags.bool('size');
  const client = await context.client();
  const finders: Record<string, (ref: string) => Promise<Inspected>> = {
    container: async (ref) => ({
      shape: 'ContainerInspect',
      document: await client.containers.inspect(ref, { size }, context.signal),
    }),
    image: async (ref) => {
      const document = await client.images.inspect(ref, {}, context.signal);
      if (size) context.stderr.write('WARNING: --size ignored for image\n');
      return { shape: 'ImageInspect', document };
    },
    network: async (ref) => {
      const network = await inspectNetwork(client, ref, {}, context.signal);
      if (size) context.stderr.write('WARNING: --size ignored for network\n');
      return network;
    },
    volume: async (ref) => {
      const document = await client.volumes.inspect(ref, context.signal);
      if (size) context.stderr.write('WARNING: --size ignored for volume\n');
      return { shape: 'Volume', document };
    },
  };
  const find = async (ref: string): Promise<Inspected> => {
    for (const [kind, finder] of Object.entries(finders)) {
      if (type !== '' && kind !== type) continue;
      try {
        return await finder(ref);
      } catch (error) {
        if (type !== '' || !isOfAnotherKind(error)) throw error;
      }
    }
    throw new ExitFailure(1, `Error: No such object: ${ref}`);
  };
  return inspectObjects(context.stdout, args, flags.text('format'), find);
}
