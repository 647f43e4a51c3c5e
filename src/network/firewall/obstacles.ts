/** Rules of others that stop forwarded packets by default: what one table accepts, another still drops. */
import { FAMILIES, type TableFamily } from '#sys/nftables/message.ts';
import { type ForeignChain, listChains, readChain } from '#sys/nftables/object.ts';
import { NETLINK_NETFILTER, talk } from '#sys/nftables/talk.ts';

const HOOK_FORWARD = 2;

/** What is in the way, and what helps. */
export interface Obstacle {
  /** `table ip filter, chain FORWARD` */
  readonly where: string;
  readonly family: ForeignChain['family'];
  /** Who made it. */
  readonly maker: 'ufw' | 'docker' | 'iptables' | 'nftables';
}

async function chainsOf(family: TableFamily | 'inet'): Promise<ForeignChain[]> {
  const { messages } = await talk(NETLINK_NETFILTER, [listChains(family)]);
  return messages.flatMap((message) => readChain(message) ?? []);
}

function makerOf(chain: ForeignChain, all: readonly ForeignChain[]): Obstacle['maker'] {
  if (chain.name !== 'FORWARD' || chain.table !== 'filter' || chain.family === 'inet') return 'nftables';
  const names = new Set(all.map(({ name }) => name));
  if (names.has('ufw-before-forward') || names.has('ufw6-before-forward')) return 'ufw';
  return names.has('DOCKER-USER') ? 'docker' : 'iptables';
}

/** Chains that drop what is forwarded unless a rule of theirs accepts it. Those of the older iptables cannot be seen. */
export function obstaclesAmong(chains: readonly ForeignChain[]): Obstacle[] {
  return chains
    .filter(({ hook, dropsByDefault }) => hook === HOOK_FORWARD && dropsByDefault)
    .map((chain) => {
      const where = `table ${chain.family} ${chain.table}, chain ${chain.name}`;
      return { where, family: chain.family, maker: makerOf(chain, chains) };
    });
}

/** Looks at all tables of the host. */
export async function findObstacles(): Promise<readonly Obstacle[]> {
  const found: ForeignChain[] = [];
  for (const family of [...(Object.keys(FAMILIES) as TableFamily[]), 'inet'] as const)
    found.push(...(await chainsOf(family)));
  return obstaclesAmong(found);
}

/** True when firewalld's table is there. */
export async function hasFirewalld(): Promise<boolean> {
  return (await chainsOf('inet')).some(({ table }) => table === 'firewalld');
}

const HELP: Readonly<Record<Obstacle['maker'], (bridge: string) => string>> = {
  ufw: (bridge) => `ufw route allow in on ${bridge} && ufw route allow out on ${bridge}`,
  docker: (bridge) =>
    `iptables -I DOCKER-USER -i ${bridge} -j ACCEPT && iptables -I DOCKER-USER -o ${bridge} -j ACCEPT`,
  iptables: (bridge) => `iptables -I FORWARD -i ${bridge} -j ACCEPT && iptables -I FORWARD -o ${bridge} -j ACCEPT`,
  nftables: (bridge) => `let the chain accept iifname "${bridge}" and oifname "${bridge}"`,
};

/** One warning for users. @param bridge the interface of a network of theirs */
export function describeObstacle({ where, maker }: Obstacle, bridge: string): string {
  return `the host drops forwarded packets by default (${where}): containers reach nothing outside; what helps: ${HELP[maker](bridge)}`;
}
