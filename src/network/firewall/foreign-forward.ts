/**
 * Lets containers' packets pass where somebody else drops what is forwarded: what one table accepts, another still drops. Docker and
 * ufw have such a chain of iptables, where every engine puts rules for its own bridges, and firewalld has zones. Rules that an
 * administrator wrote with nft himself are left alone; users are told.
 */
import { BerthError } from '#base/errors.ts';
import { runProgram } from '#sys/run-program.ts';
import { describeObstacle, findObstacles, hasFirewalld, type Obstacle } from './obstacles.ts';

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const TIMEOUT_MS = 20_000;

/** @returns false when the program is missing or says no */
async function succeeds(program: string, ...words: readonly string[]): Promise<boolean> {
  try {
    await runProgram({ path: program, argv: [program, ...words], env: [PATH], stdin: '', timeoutMs: TIMEOUT_MS });
    return true;
  } catch (error) {
    if (error instanceof BerthError) return false;
    throw error;
  }
}

const isIptables = ({ maker }: Obstacle) => maker !== 'nftables';
const programOf = ({ family }: Obstacle) => (family === 'ip6' ? 'ip6tables' : 'iptables');
/** Both ways; what comes to containers Berth's own table looks at. */
const DIRECTIONS = ['-i', '-o'] as const;

const ZONE = '--zone=trusted';
/** Now, and when firewalld reads its files again. */
const ZONE_SCOPES: readonly (readonly string[])[] = [[], ['--permanent']];

async function hasRules(obstacle: Obstacle, bridge: string): Promise<boolean> {
  for (const direction of DIRECTIONS) {
    if (!(await succeeds(programOf(obstacle), '-w', '-C', 'FORWARD', direction, bridge, '-j', 'ACCEPT'))) return false;
  }
  return true;
}

async function addRules(obstacle: Obstacle, bridge: string): Promise<void> {
  for (const direction of DIRECTIONS) {
    const rule = ['FORWARD', direction, bridge, '-j', 'ACCEPT'];
    const program = programOf(obstacle);
    if (!(await succeeds(program, '-w', '-C', ...rule))) await succeeds(program, '-w', '-I', ...rule);
  }
}

/** What still keeps packets of a bridge from passing, in words. Changes nothing. */
export async function forwardWarnings(bridge: string): Promise<string[]> {
  const warnings: string[] = [];
  for (const obstacle of await findObstacles()) {
    if (isIptables(obstacle) && (await hasRules(obstacle, bridge))) continue;
    warnings.push(describeObstacle(obstacle, bridge));
  }
  return warnings;
}

/** Lets packets of these bridges pass where that can be done. */
export async function passForeignForward(bridges: readonly string[]): Promise<void> {
  const obstacles = (await findObstacles()).filter(isIptables);
  for (const obstacle of obstacles) for (const bridge of bridges) await addRules(obstacle, bridge);
  if (bridges.length === 0 || !(await hasFirewalld())) return;
  for (const bridge of bridges) {
    for (const scope of ZONE_SCOPES)
      await succeeds('firewall-cmd', '-q', ...scope, ZONE, `--change-interface=${bridge}`);
  }
}

/** Takes back what {@link passForeignForward} did for a bridge that is gone. */
export async function leaveForeignForward(bridge: string): Promise<void> {
  for (const obstacle of (await findObstacles()).filter(isIptables)) {
    for (const direction of DIRECTIONS) {
      await succeeds(programOf(obstacle), '-w', '-D', 'FORWARD', direction, bridge, '-j', 'ACCEPT');
    }
  }
  if (!(await hasFirewalld())) return;
  for (const scope of ZONE_SCOPES) await succeeds('firewall-cmd', '-q', ...scope, ZONE, `--remove-interface=${bridge}`);
}
