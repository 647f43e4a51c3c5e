/**
 * Proves that a test run left nothing on the machine: no file or mount below its folder, no process that uses it,
 * no empty control group and no interface of a network that was not there before (with its interfaces a root's firewall rules go).
 *
 *   node tools/check-leaks.ts before FOLDER     remembers what is there
 *   node tools/check-leaks.ts after FOLDER      waits up to 3 minutes, then complains about what is left and exits 1
 */
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const CGROUP_ROOT = '/sys/fs/cgroup';
const OUR_GROUPS = /^berth/;

/** Control groups of Berth's without a process in them: `<hierarchy>/berth…/…`. */
function emptyGroups(): string[] {
  const hierarchies = [CGROUP_ROOT, ...folders(CGROUP_ROOT).map((name) => join(CGROUP_ROOT, name))];
  return hierarchies.flatMap((hierarchy) =>
    folders(hierarchy)
      .filter((name) => OUR_GROUPS.test(name))
      .flatMap((name) => [...leafGroups(join(hierarchy, name)), ...topGroup(hierarchy, name)]),
  );
}

/** The parent of all containers stays; a test's own does not. */
function topGroup(hierarchy: string, name: string): string[] {
  return name !== 'berth' && isEmpty(join(hierarchy, name)) ? [join(hierarchy, name)] : [];
}

function leafGroups(group: string): string[] {
  const children = folders(group).map((name) => join(group, name));
  return children.flatMap((child) => [...leafGroups(child), ...(isEmpty(child) ? [child] : [])]);
}

/** Bridges, pairs and what else networks make. */
const OUR_LINKS = /^(berth|bin-|bout-|br-[0-9a-f]{12}$|veth[0-9a-f]{11}$|d[mp]-[0-9a-f]{12}$)/;

function ourLinks(): string[] {
  return readdirSync('/sys/class/net').filter((name) => OUR_LINKS.test(name));
}

function isEmpty(group: string): boolean {
  try {
    return readFileSync(join(group, 'cgroup.procs'), 'utf8') === '';
  } catch {
    return false; // removed meanwhile
  }
}

function folders(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

/** Processes whose command line or working directory names the folder. */
function processesUsing(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        const uses = commandLine.includes(folder) || readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
        return uses && !commandLine.includes('check-leaks') ? [`process ${pid}: ${commandLine || '(zombie)'}`] : [];
      } catch {
        return []; // ended meanwhile
      }
    });
}

function mountsBelow(folder: string): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.filter((line) => line.includes(folder)).map((line) => `mount: ${line}`);
}

/** What npm itself puts into TMPDIR: its own compiled code. */
const NOT_OURS = 'node-compile-cache';

function filesBelow(folder: string): string[] {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name !== NOT_OURS) : [];
  return names.map((name) => `file: ${join(folder, name)}`);
}

async function findLeaks(folder: string, before: ReadonlySet<string>): Promise<string[]> {
  // The kernel takes interfaces away with their namespaces, one namespace after the other: after thousands it is minutes behind.
  const deadline = Date.now() + 180_000;
  let suspects: Set<string> | undefined;
  for (;;) {
    // Other runs come and go: what is there the whole time is left behind.
    const things = [...emptyGroups(), ...ourLinks()].filter((thing) => !before.has(thing));
    suspects = new Set(things.filter((thing) => suspects?.has(thing) ?? true));
    const found = [...processesUsing(folder), ...mountsBelow(folder), ...filesBelow(folder), ...suspects];
    if (found.length === 0 || Date.now() > deadline) return found;
    await sleep(500);
  }
}

const [mode, folder] = process.argv.slice(2);
if (folder === undefined || (mode !== 'before' && mode !== 'after'))
  throw new Error('usage: check-leaks.ts before|after FOLDER');
const record = `${folder}.groups.json`;
if (mode === 'before') {
  writeFileSync(record, JSON.stringify([...emptyGroups(), ...ourLinks()]));
} else {
  const leaks = await findLeaks(folder, new Set(JSON.parse(readFileSync(record, 'utf8')) as string[]));
  for (const leak of leaks) console.error(`left behind: ${leak}`);
  console.log(
    leaks.length === 0 ? 'leaks: the test run left nothing behind' : `leaks: ${leaks.length} things were left behind`,
  );
  process.exitCode = leaks.length === 0 ? 0 : 1;
}
