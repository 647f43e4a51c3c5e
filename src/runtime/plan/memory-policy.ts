import { BerthError } from '#base/errors.ts';
import { parseNumberList } from '#base/number-list.ts';
import type { LinuxMemoryPolicy } from '#spec/oci-runtime/config.ts';
import type { Draft } from './draft.ts';
import { MEMORY_POLICIES, MEMORY_POLICY_FLAGS } from './linux-numbers.ts';

/** MAX_NUMNODES of the largest kernels is 1024. */
const HIGHEST_NODE = 1023;
const WITH_NODES = new Set(['MPOL_BIND', 'MPOL_INTERLEAVE', 'MPOL_WEIGHTED_INTERLEAVE', 'MPOL_PREFERRED_MANY']);
const NODELESS = new Set(['MPOL_DEFAULT', 'MPOL_LOCAL']);

/**
 * The memory policy of a process and of all that it starts (config-linux.md, "Memory policy"; set_mempolicy(2)). Set before the
 * program is run, as the policy is inherited; which nodes it may have is the cpuset's business, so after joining that.
 *
 * @throws BerthError `invalid` for words that are none, and for nodes where the mode takes none
 */
export function planMemoryPolicy(draft: Draft, policy: LinuxMemoryPolicy | undefined): void {
  if (policy === undefined) return;
  const mode = numberOf(MEMORY_POLICIES, policy.mode, 'mode');
  const flags = (policy.flags ?? []).reduce((bits, name) => bits | numberOf(MEMORY_POLICY_FLAGS, name, 'flag'), 0);
  const list = policy.nodes ?? '';
  const nodes = parseNumberList(list, HIGHEST_NODE);
  if (nodes === undefined) throw invalid(`invalid memory policy node list ${JSON.stringify(list)}`);
  if (nodes.size > 0 && NODELESS.has(policy.mode ?? '')) {
    throw invalid(`${policy.mode} mode requires 0 nodes but got ${nodes.size}`);
  }
  if (nodes.size === 0 && WITH_NODES.has(policy.mode ?? '')) throw invalid(`${policy.mode} mode requires nodes`);
  draft.add({ side: 'child', op: 'memory-policy', mode: mode | flags, nodes: [...nodes] });
}

function numberOf(numbers: Readonly<Record<string, number>>, name: string | undefined, what: string): number {
  const number = name !== undefined && Object.hasOwn(numbers, name) ? numbers[name] : undefined;
  if (number !== undefined) return number;
  throw invalid(
    `invalid memory policy ${what} ${JSON.stringify(name ?? '')}, must be one of ${Object.keys(numbers).join(', ')}`,
  );
}

function invalid(problem: string): BerthError {
  return new BerthError('invalid', 'oci-config.invalid', `config.json: linux.memoryPolicy: ${problem}`);
}
