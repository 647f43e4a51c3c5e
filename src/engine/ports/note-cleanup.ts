/** Ports that changed since the start of their container end with it all the same: its keeper finds them in a file. */
import { renameSync, writeFileSync } from 'node:fs';
import type { Publication } from '#network/firewall/elements.ts';
import { firewallNames } from '#network/firewall/firewall-names.ts';
import { portCleanup } from '#network/ports/port-ops.ts';
import { portCleanupFile } from './port-part.ts';

/** Writes down what the keeper of a running container is to take out of the tables at the end, and nothing else of its start's. */
export function noteCleanup(root: string, containerId: string, publications: readonly Publication[]): void {
  const file = portCleanupFile(root, containerId);
  writeFileSync(`${file}.new`, portCleanup(firewallNames(root), publications));
  renameSync(`${file}.new`, file);
}
