import { rootName } from '../device-names.ts';

/** Where a root's rules and their devices are. */
export interface FirewallNames {
  readonly root: string;
  readonly table: string;
  /** Copies leave by this end of the pair… */
  readonly exit: string;
  /** …and come in by this one. */
  readonly entry: string;
}

/** What a root's rules and their devices are called. @param root absolute */
export function firewallNames(root: string): FirewallNames {
  const name = rootName(root);
  const [, digits] = name.split('-');
  return digits === undefined
    ? { root, table: name, exit: 'berth-out', entry: 'berth-in' }
    : { root, table: name, exit: `bout-${digits}`, entry: `bin-${digits}` };
}
