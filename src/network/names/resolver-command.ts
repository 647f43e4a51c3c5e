import { ownProgram } from '#sys/own-program.ts';
import { namesDirectory } from './name-ops.ts';

const LINGER_MS = 2000;
/** Programs of Berth's own, by the names the kernel has for them: what they take out of the table they take out on purpose. */
const OWN_PROGRAMS = ['node-MainThread', 'node', 'berth-keeper'];

export interface ResolverSettings {
  readonly root: string;
  readonly bootId: string;
  /** The name of the root's table of firewall rules. */
  readonly table: string;
  /** Puts the table back when somebody took it away; empty: nobody watches it. */
  readonly restore: readonly string[];
  /** The host's; another one in tests. */
  readonly resolvConf?: string;
  /** How long it waits for another container after its last one, milliseconds; 2000 when absent. */
  readonly lingerMs?: number;
}

/** The command line of a root's resolver (native/resolver/main.c). */
export function resolverCommand(settings: ResolverSettings): string[] {
  return [
    ownProgram('resolver'),
    namesDirectory(settings.root),
    settings.resolvConf ?? '/etc/resolv.conf',
    settings.bootId,
    String(settings.lingerMs ?? LINGER_MS),
    settings.table,
    OWN_PROGRAMS.join(','),
    ...settings.restore,
  ];
}
