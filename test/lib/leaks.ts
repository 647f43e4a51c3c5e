import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Core } from '#engine/open-core.ts';

/** Everything about a root that must be gone when its containers are. */
export function findLeaks(root: string, ids: readonly string[]): string[] {
  return [...processesIn(root), ...mountsOf(root), ...groupsOf(ids), ...filesOf(root)];
}

/**
 * Fails when an engine without containers has left something: a process, a mount, a control group, a file. Waits a while for
 * what is just ending.
 */
export async function assertNothingLeft(core: Core, root: string): Promise<void> {
  const actors = core.context.sql.all("SELECT DISTINCT actor FROM events WHERE type = 'container'");
  const ids = actors.map((row) => String(row['actor']));
  const deadline = Date.now() + 30_000;
  let leaks = findLeaks(root, ids);
  while (leaks.length > 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    leaks = findLeaks(root, ids);
  }
  assert.deepEqual(leaks, []);
}

/** Keepers work inside their run directory; a container's processes are found by their control group. */
function processesIn(root: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const cwd = readlinkSync(`/proc/${pid}/cwd`);
        if (!cwd.startsWith(root)) return [];
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return [`process ${pid} (${command || 'zombie'}) in ${cwd}`];
      } catch {
        return []; // ended meanwhile
      }
    });
}

function mountsOf(root: string): string[] {
  const table = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return table.filter((line) => line.includes(root)).map((line) => `mount ${line}`);
}

function groupsOf(ids: readonly string[]): string[] {
  const top = '/sys/fs/cgroup';
  const hierarchies = [top, ...readdirSync(top).map((name) => join(top, name))];
  return hierarchies.flatMap((hierarchy) =>
    ids.map((id) => join(hierarchy, 'berth', id)).filter((group) => existsSync(group)),
  );
}

function filesOf(root: string): string[] {
  // The resolver's folder stays, empty.
  return ['containers', 'run', 'run/names', 'volumes', 'tmp'].flatMap((folder) => {
    const path = join(root, folder);
    return existsSync(path)
      ? readdirSync(path)
          .map((name) => join(path, name))
          .filter((name) => name !== join(root, 'run/names'))
      : [];
  });
}
