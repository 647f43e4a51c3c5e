/** `registry serve`: Berth's own. */
import { parseGoDuration } from '#base/go-duration.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import type { ParsedFlags } from '../parsed-flags.ts';

const DEFAULT_LISTEN = ['127.0.0.1:5000'];

export async function run(context: Context, { flags, path }: Invocation): Promise<number> {
  if (context.serveRegistry === undefined) throw new ExitFailure(1, `${path}: this program cannot serve`);
  const text = (name: string) => (flags.changed(name) ? flags.text(name) : undefined);
  return context.serveRegistry(context.options, {
    listen: flags.changed('listen') ? flags.list('listen') : DEFAULT_LISTEN,
    tls: togetherOrNot(path, { cert: text('tls-cert'), key: text('tls-key') }, text('tls-ca')),
    htpasswd: text('htpasswd'),
    realm: flags.text('realm'),
    token: tokenFlags(path, flags),
    mirror: text('mirror'),
    mirrorBytesMax: flags.changed('mirror-size') ? flags.number('mirror-size') : undefined,
    isReadOnly: flags.bool('read-only'),
    allowMissing: flags.bool('allow-missing'),
    blobBytesMax: flags.changed('max-blob-size') ? flags.number('max-blob-size') : undefined,
    logLevel: flags.text('log-level'),
    collect: {
      intervalMs: milliseconds(flags, 'gc-interval'),
      graceMs: milliseconds(flags, 'gc-grace'),
      untagged: flags.bool('gc-untagged'),
    },
    graceMs: milliseconds(flags, 'shutdown-timeout'),
    uploadExpiryMs: milliseconds(flags, 'upload-expiry'),
  });
}

/** Whole milliseconds of a duration that is not negative. */
export function milliseconds(flags: ParsedFlags, name: string): number {
  const text = flags.text(name);
  const ns = parseGoDuration(text);
  if (ns === undefined || ns < 0n) throw flags.invalid(name, text, 'wanted a duration such as 90s or 1h');
  return Number(ns / 1_000_000n);
}

function togetherOrNot(
  path: string,
  { cert, key }: { cert: string | undefined; key: string | undefined },
  ca: string | undefined,
) {
  if (cert !== undefined && key !== undefined) return { cert, key, ca, requestCert: ca !== undefined };
  if (cert === undefined && key === undefined && ca === undefined) return undefined;
  throw new ExitFailure(1, `${path}: TLS needs --tls-cert and --tls-key`);
}

function tokenFlags(path: string, flags: ParsedFlags) {
  const names = ['token-realm', 'token-service', 'token-issuer', 'token-keys'] as const;
  const missing = names.find((name) => !flags.changed(name));
  if (missing === undefined) {
    if (flags.changed('htpasswd')) throw new ExitFailure(1, `${path}: --htpasswd and --token-realm exclude each other`);
    const [realm, service, issuer, keys] = names.map((name) => flags.text(name)) as [string, string, string, string];
    return { realm, service, issuer, keys };
  }
  if (names.every((name) => !flags.changed(name))) return undefined;
  throw new ExitFailure(1, `${path}: --${missing} is needed as well`);
}
