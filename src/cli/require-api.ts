import type { Client } from '#client/client.ts';
import { ExitFailure } from './failure.ts';

/** True if version `a` of the API is older than `b`. */
function isOlder(a: string, b: string): boolean {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor < bMajor || (aMajor === bMajor && aMinor < bMinor);
}

/**
 * Refuses an option that the engine would silently ignore.
 *
 * @param flag as typed, `--platform`
 * @param minimum the API version that knows it
 * @throws ExitFailure in docker's words
 */
export async function requireApi(client: Client, flag: string, minimum: string): Promise<void> {
  const version = await client.apiVersion();
  if (isOlder(version, minimum))
    throw new ExitFailure(
      1,
      `"${flag}" requires API version ${minimum}, but the Docker daemon API version is ${version}`,
    );
}
