import { BerthError } from '#base/errors.ts';

const CHARACTERS = '[a-zA-Z0-9][a-zA-Z0-9_.-]';
const VALID = new RegExp(`^${CHARACTERS}+$`);
const LENGTH_MAX = 255;

/**
 * Checks the name of a new volume; it is also the name of its directory.
 *
 * @throws invalid with Docker's words
 */
export function checkVolumeName(name: string): string {
  if (name.length === 1) {
    throw new BerthError(
      'invalid',
      'volume.name',
      'volume name is too short, names should be at least two alphanumeric characters',
    );
  }
  if (!VALID.test(name)) {
    throw new BerthError(
      'invalid',
      'volume.name',
      `${JSON.stringify(name)} includes invalid characters for a local volume name, only ${JSON.stringify(CHARACTERS)} are allowed. If you intended to pass a host directory, use absolute path`,
    );
  }
  if (name.length > LENGTH_MAX) {
    throw new BerthError('invalid', 'volume.name', `volume name is too long: at most ${LENGTH_MAX} characters`);
  }
  return name;
}
