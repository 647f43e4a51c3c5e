import { BerthError } from '#base/errors.ts';
import { randomInt } from '#base/random.ts';

const QUALITIES =
  'able agile amber ample apt azure balmy bold brave breezy bright brisk calm candid clear clever cosy crisp deft dapper eager early earnest easy fair fleet fond frank free fresh gentle gifted glad golden grand great green handy happy hardy honest humble jolly just keen kind lively loyal lucid lucky mellow merry mild modest neat nimble noble open patient placid plucky polite proud quick quiet rapid ready robust rosy round sage serene sharp shiny silver smart snug sober solid sound spry stable steady still stout strong sunny sure sweet swift tidy tough true upbeat vivid warm wise witty young zesty'.split(
    ' ',
  );

const MOORINGS =
  'anchor barge basin beacon berth bight boom bow brig buoy cabin canal capstan cargo cay channel cleat clipper coast compass coral cove crane current cutter deck delta dinghy dock dory drift estuary fathom ferry fjord fleet galley gull harbour hatch haven hawser heron helm hull inlet island jetty keel ketch knot lagoon lantern lighthouse lock lugger marina mast mooring oar otter paddle pelican pier pilot pinnace plank port prow quay raft reef rigging rudder sail schooner seal shoal shore skiff sloop sound spar starboard stern strait surf swell tanker tide tiller trawler tug wake wave wharf whistle winch yawl'.split(
    ' ',
  );

const CHARACTERS = '[a-zA-Z0-9][a-zA-Z0-9_.-]';
const VALID = new RegExp(`^${CHARACTERS}+$`);

/** A random `quality_thing` name; from the fourth attempt on with a digit at its end, so that a free one is found. */
export function randomName(attempt = 0): string {
  const name = `${QUALITIES[randomInt(QUALITIES.length)]}_${MOORINGS[randomInt(MOORINGS.length)]}`;
  return attempt < 3 ? name : `${name}${randomInt(10 ** Math.min(attempt - 2, 9))}`;
}

/**
 * A container name as stored: without its leading slash.
 *
 * @throws invalid with Docker's words
 */
export function parseContainerName(name: string): string {
  const bare = name.startsWith('/') ? name.slice(1) : name;
  if (!VALID.test(bare)) {
    throw new BerthError(
      'invalid',
      'container.invalid-name',
      `Invalid container name (${name}), only ${CHARACTERS} are allowed`,
    );
  }
  return bare;
}

/** The conflict Docker reports when a name is taken. */
export function nameConflict(name: string, ownerId: string): BerthError {
  return new BerthError(
    'conflict',
    'container.name-taken',
    `Conflict. The container name "/${name}" is already in use by container "${ownerId}". You have to remove (or rename) that container to be able to reuse that name.`,
  );
}
