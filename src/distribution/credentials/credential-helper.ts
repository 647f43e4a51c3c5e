import { BerthError, isErrno, messageOf } from '#base/errors.ts';
import { asObject, asOptionalString, parseJson } from '#spec/oci-image/json-checks.ts';
import type { Credential } from '../auth/credential.ts';

/** Runs a program with some input. */
export type RunHelper = (
  program: string,
  args: readonly string[],
  stdin: string,
) => Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }>;

/** The name under which helpers keep refresh tokens. */
const TOKEN_USER = '<token>';
/** What helpers say when they have nothing (docker-credential-helpers, `credentials/error.go`). */
const NOT_FOUND = 'credentials not found in native keychain';

/** A program that keeps credentials, `docker-credential-NAME` (its protocol: docker-credential-helpers, "Development"). */
export interface CredentialHelper {
  /** @returns undefined when it has none for the server */
  get(server: string): Promise<Credential | undefined>;
  store(server: string, credential: Credential): Promise<void>;
  erase(server: string): Promise<void>;
}

/** @param name the end of the program's name, as the configuration has it */
export function credentialHelper(name: string, run: RunHelper): CredentialHelper {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) {
    throw new BerthError('invalid', 'credentials.helper', `invalid credential helper name: ${JSON.stringify(name)}`);
  }
  const program = `docker-credential-${name}`;
  const call = async (action: string, input: string) => {
    try {
      return await run(program, [action], input);
    } catch (error) {
      const why = isErrno(error, 'ENOENT')
        ? `exec: "${program}": executable file not found in $PATH`
        : messageOf(error);
      throw new BerthError('unavailable', 'credentials.helper', `error getting credentials - err: ${why}`, {
        cause: error,
      });
    }
  };
  const failed = (action: string, { stdout, stderr, status }: { stdout: string; stderr: string; status: number }) =>
    new BerthError(
      'unavailable',
      'credentials.helper',
      `${program} ${action}: exit status ${status}: ${(stdout || stderr).trim()}`,
    );
  return {
    get: async (server) => {
      const result = await call('get', server);
      if (result.status !== 0 && result.stdout.trim() === NOT_FOUND) return undefined;
      if (result.status !== 0) throw failed('get', result);
      const what = `the answer of ${program}`;
      const answer = asObject(parseJson(result.stdout, what), what);
      const username = asOptionalString(answer['Username'], what) ?? '';
      const secret = asOptionalString(answer['Secret'], what) ?? '';
      return username === TOKEN_USER ? { identityToken: secret } : { username, password: secret };
    },
    store: async (server, { username = '', password = '', identityToken }) => {
      const [user, secret] = identityToken === undefined ? [username, password] : [TOKEN_USER, identityToken];
      const result = await call('store', JSON.stringify({ ServerURL: server, Username: user, Secret: secret }));
      if (result.status !== 0) throw failed('store', result);
    },
    erase: async (server) => {
      const result = await call('erase', server);
      if (result.status !== 0 && result.stdout.trim() !== NOT_FOUND) throw failed('erase', result);
    },
  };
}
