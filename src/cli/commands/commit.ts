/** `commit`: https://docs.docker.com/reference/cli/docker/container/commit/ */
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { repositoryAndTag } from '../repository-and-tag.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const [container = '', reference = ''] = args;
  const target = repositoryAndTag(reference);
  if (target.isDigest) throw new ExitFailure(1, 'refusing to create a tag with a digest reference');
  const client = await context.client();
  const options = {
    ...(target.repository !== undefined && { repository: target.repository }),
    ...(target.tag !== undefined && { tag: target.tag }),
    comment: flags.text('message'),
    author: flags.text('author'),
    pause: flags.bool('pause'),
    changes: flags.list('change'),
  };
  const { Id: id } = await client.containers.commit(container, options, undefined, context.signal);
  context.stdout.write(`${id}\n`);
  return 0;
}
