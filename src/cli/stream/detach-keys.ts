import { DEFAULT_DETACH_KEYS, parseDetachKeys } from '#base/detach-keys.ts';
import { messageOf } from '#base/errors.ts';
import { configOf } from '../client-config.ts';
import type { Context } from '../command.ts';
import type { ParsedFlags } from '../parsed-flags.ts';

/** The keys in docker's form: of the flag, else of the client's configuration; empty for the usual ones. */
export async function detachKeysText(flags: ParsedFlags, context: Context): Promise<string> {
  return flags.text('detach-keys') || (configOf(context).detachKeys ?? '');
}

/** The bytes of the keys; what is no key leaves the usual ones, with a warning, as docker's client does. */
export function detachKeysOf(text: string, context: Context): Uint8Array {
  if (text === '') return DEFAULT_DETACH_KEYS;
  try {
    return parseDetachKeys(text);
  } catch (error) {
    context.stderr.write(`invalid detach escape keys, using default: ${messageOf(error)}\n`);
    return DEFAULT_DETACH_KEYS;
  }
}
