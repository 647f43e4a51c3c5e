import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nameOps, namesDirectory } from '#network/names/name-ops.ts';
import { type NameMembership, type NameRecord, nameRecordText } from '#network/names/name-record.ts';
import { resolverCommand } from '#network/names/resolver-command.ts';
import { loopbackUp } from '#runtime/plan/loopback.ts';
import { signalProcess, waitExit } from '#sys/keeper/attach.ts';
import { launch } from '#sys/keeper/launch.ts';
import type { LaunchPlan } from '#sys/keeper/plan.ts';
import type { Answer, Query } from '../../lib/dns-message.ts';
import { basicPlan, makeScratch, type Scratch } from '../keeper/basic-plan.ts';
import { assertNothingLeft, until } from '../keeper/running.ts';

export const BOOT = 'boot-of-the-test';

/** A root with its own resolver, and containers that consist of a network namespace with a name server. */
export interface NamesRoot extends AsyncDisposable {
  readonly root: string;
  readonly scratch: Scratch;
  /** The host's resolv.conf as the resolver sees it. */
  readonly resolvConf: string;
  /** Runs a container that waits; a short name is made to an id. */
  start(name: string, memberships: readonly NameMembership[], more?: Partial<NameRecord>): Promise<Running>;
  /** Writes a record as a change of a running container does. */
  write(name: string, memberships: readonly NameMembership[], more?: Partial<NameRecord>): void;
}

export interface Running extends AsyncDisposable {
  readonly pid: number;
  readonly keeperPid: number;
  readonly runDir: string;
}

const CLIENT = fileURLToPath(new URL('../../lib/dns-client.ts', import.meta.url));

/** Asks the name server of a container from inside its network namespace. */
export async function ask(from: { readonly pid: number }, ...queries: readonly Query[]): Promise<(Answer | null)[]> {
  const argv = ['-t', String(from.pid), '-n', process.execPath, CLIENT, '127.0.0.11', JSON.stringify(queries)];
  const { stdout } = await promisify(execFile)('nsenter', argv, { maxBuffer: 1 << 26 });
  return JSON.parse(stdout) as (Answer | null)[];
}

/** Processes whose command line names a path. */
export function processesNaming(path: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(path) ? [Number(name)] : [];
    } catch {
      return []; // ended meanwhile
    }
  });
}

/** 64 hexadecimal digits for a short name. */
export function idOf(name: string): string {
  return Buffer.from(name).toString('hex').padEnd(64, '0');
}

/** A place in a network where names resolve and from which others are asked. */
export function member(
  network: string,
  names: readonly string[],
  addresses: readonly string[],
  more: Partial<NameMembership> = {},
): NameMembership {
  return {
    networkId: idOf(network),
    networkName: network,
    resolves: true,
    internal: false,
    names,
    addresses,
    links: {},
    ...more,
  };
}

export function recordOf(
  name: string,
  memberships: readonly NameMembership[],
  more: Partial<NameRecord> = {},
): NameRecord {
  return { containerId: idOf(name), bootId: BOOT, servers: [], ndots: false, hostAddresses: [], memberships, ...more };
}

export interface NamesRootOptions {
  readonly table?: string;
  readonly restore?: readonly string[];
}

export function openNamesRoot(options: NamesRootOptions = {}): NamesRoot {
  const scratch = makeScratch();
  const base = mkdtempSync(join(tmpdir(), 'berth-names-'));
  chmodSync(base, 0o755); // the resolver reads resolv.conf as nobody
  const root = join(base, 'root');
  const resolvConf = join(base, 'resolv.conf');
  mkdirSync(join(root, 'run'), { recursive: true, mode: 0o711 });
  writeFileSync(resolvConf, '');
  const argv = resolverCommand({
    root,
    bootId: BOOT,
    table: options.table ?? 'no-table',
    restore: options.restore ?? [],
    resolvConf,
    lingerMs: 100,
  });
  const running: Running[] = [];
  return {
    root,
    scratch,
    resolvConf,
    async start(name, memberships, more) {
      const paths = scratch.run();
      const part = nameOps({
        root,
        containerId: idOf(name),
        record: recordOf(name, memberships, more),
        guard: 'none',
        resolver: { argv, env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'] },
      });
      const plain = basicPlan(paths, scratch.lower, {
        argv: ['sleep', '100000'],
        parent: part.ops.filter((op) => op.side === 'parent'),
        beforePivot: [loopbackUp(), ...part.ops.filter((op) => op.side === 'child')],
        cleanup: part.cleanup,
      });
      const plan: LaunchPlan = { ...plain, names: part.names };
      const launched = await launch(plan);
      await launched.start();
      const one: Running = {
        pid: launched.pid,
        keeperPid: launched.keeperPid,
        runDir: paths.runDir,
        [Symbol.asyncDispose]: async () => {
          await signalProcess(paths.runDir, 9).catch(() => undefined);
          await waitExit(paths.runDir).catch(() => undefined);
        },
      };
      running.push(one);
      return one;
    },
    write(name, memberships, more) {
      writeFileSync(join(namesDirectory(root), idOf(name)), nameRecordText(recordOf(name, memberships, more)));
    },
    [Symbol.asyncDispose]: async () => {
      for (const one of running) await one[Symbol.asyncDispose]();
      await assertNothingLeft(scratch);
      await until('the resolver has ended', () => processesNaming(root).length === 0);
      rmSync(base, { recursive: true });
      scratch[Symbol.dispose]();
    },
  };
}
