import { messageOf } from '#base/errors.ts';
import { parseReference, type Reference, withDefaultTag } from '#spec/reference.ts';
import type { Context, Invocation } from './command.ts';
import { ExitFailure } from './failure.ts';

function parse(name: string): Reference {
  try {
    return parseReference(name);
  } catch (error) {
    throw new ExitFailure(1, messageOf(error));
  }
}

/**
 * What `pull` and `push` are asked for: a name with its tag, which is `latest` unless said, or with all.
 *
 * @throws ExitFailure in docker's words
 */
export function imageToMove(context: Context, { args, flags }: Invocation): Reference {
  const given = parse(args[0] ?? '');
  const isNameOnly = given.tag === undefined && given.digest === undefined;
  if (flags.bool('all-tags')) {
    if (!isNameOnly) throw new ExitFailure(1, "tag can't be used with --all-tags/-a");
    return given;
  }
  if (isNameOnly && !flags.bool('quiet')) context.stdout.write('Using default tag: latest\n');
  return withDefaultTag(given);
}
