import { BerthError, isBerthError } from '#base/errors.ts';
import type { ContainerListQuery, ContainerSummary, Port } from '#spec/docker-api/containers.ts';
import type { EngineContext } from '../context.ts';
import { networksOf, networkWordsOf } from '../networks/network-settings.ts';
import { portSummariesOf } from '../ports/shown-ports.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { isTokenAlive } from '../state/process-token.ts';
import { mountPointsOf, statusOf, statusText } from './describe.ts';
import { arrangeRestart, handleExit } from './handle-exit.ts';
import { compileFilters, type Filters } from './list-filter.ts';
import { isStale } from './settle.ts';

/** Every container's row, newest first, after making true those that some dead process left behind. */
export async function settledRows(context: EngineContext): Promise<ContainerRow[]> {
  const rows = context.containers.list();
  for (const row of rows) {
    // Late: whoever was to restart it may have been killed. A second one finds out that it is not needed.
    if (row.status === 'restarting' && row.restartAtMs < Date.now()) arrangeRestart(context, row);
  }
  const left = rows.filter(
    (row) => !isToldOf(context, row) && isStale(context, row) && (row.lock === null || !isTokenAlive(row.lock)),
  );
  if (left.length === 0) return rows.filter(isShown);
  await Promise.all(
    left.map(async ({ id }) => {
      try {
        await handleExit(context, id);
      } catch (error) {
        if (!isBerthError(error, 'not-found')) throw error;
      }
    }),
  );
  return context.containers.list().filter(isShown);
}

/** True for a run whose end its keeper tells this process; what a killed process left half-done nobody tells of. */
function isToldOf(context: EngineContext, row: ContainerRow): boolean {
  return (row.status === 'running' || row.status === 'paused') && context.exits.isWatched(row.id);
}

/** A container being created is nobody's business yet. */
function isShown(row: ContainerRow): boolean {
  return row.status !== 'creating';
}

/** `docker ps`. */
export async function listContainers(context: EngineContext, query: ContainerListQuery): Promise<ContainerSummary[]> {
  const filters = query.filters ?? {};
  const matches = compileFilters(filters, (row) => networkWordsOf(context, row));
  const rows = await settledRows(context);
  const limit = query.limit ?? 0;
  const all = query.all || limit > 0 || (filters['status'] ?? []).length > 0;
  const ancestors = await ancestorsOf(context, filters['ancestor']);
  const found = between(rows, filters).filter(
    (row) => (all || isRunning(row)) && matches(row) && (ancestors === undefined || ancestors.has(row.imageId)),
  );
  const shown = limit > 0 ? found.slice(0, limit) : found;
  const nowMs = Date.now();
  const sizes = query.size ? await Promise.all(shown.map((row) => context.images.sizes(row.id))) : [];
  const named = new Map<string, boolean>();
  // Many containers are made from few images.
  const refersTo = (ref: string, imageId: string): boolean => {
    const key = `${imageId} ${ref}`;
    const known = named.get(key) ?? context.images.refersTo(ref, imageId);
    named.set(key, known);
    return known;
  };
  return context.sql.reading(() =>
    shown.map((row, index) => summaryOf(context, row, { nowMs, sizes: sizes[index], refersTo })),
  );
}

function isRunning(row: ContainerRow): boolean {
  const status = statusOf(row);
  return status === 'running' || status === 'paused' || status === 'restarting';
}

async function ancestorsOf(
  context: EngineContext,
  refs: readonly string[] | undefined,
): Promise<Set<string> | undefined> {
  if (refs === undefined || refs.length === 0) return undefined;
  const all = new Set<string>();
  for (const ref of refs) {
    try {
      for (const id of await context.images.descendants(ref)) all.add(id);
    } catch (error) {
      // An image that does not exist has no descendants.
      if (!isBerthError(error, 'not-found')) throw error;
    }
  }
  return all;
}

/** Rows older than every `before` container and newer than every `since` container. */
function between(rows: readonly ContainerRow[], filters: Filters): ContainerRow[] {
  const bound = (ref: string): bigint => {
    const row = rows.find(({ id }) => id === resolveAmong(rows, ref));
    if (row === undefined) throw new BerthError('not-found', 'container.not-found', `No such container: ${ref}`);
    return row.createdNs;
  };
  const before = (filters['before'] ?? []).map(bound);
  const since = (filters['since'] ?? []).map(bound);
  return rows.filter(
    ({ createdNs }) => before.every((limit) => createdNs < limit) && since.every((limit) => createdNs > limit),
  );
}

function resolveAmong(rows: readonly ContainerRow[], ref: string): string | undefined {
  const bare = ref.replace(/^\//, '');
  const exact = rows.find(({ id, name }) => id === ref || name === bare);
  if (exact !== undefined) return exact.id;
  const byPrefix = rows.filter(({ id }) => id.startsWith(ref));
  return byPrefix.length === 1 ? byPrefix[0]?.id : undefined;
}

/** Those of a container that runs: published ones with their place outside, exposed ones without. */
function portsOf(context: EngineContext, row: ContainerRow): Port[] {
  if (row.status !== 'running' && row.status !== 'paused') return [];
  return portSummariesOf(context.ports.of(row.id), row.spec.config.ExposedPorts);
}

/** What is the same for all containers of a list, and what was asked about this one. */
interface SummaryFacts {
  readonly nowMs: number;
  readonly sizes: { readonly rw: number; readonly rootFs: number } | undefined;
  readonly refersTo: (ref: string, imageId: string) => boolean;
}

function summaryOf(
  context: EngineContext,
  row: ContainerRow,
  { nowMs, sizes, refersTo }: SummaryFacts,
): ContainerSummary {
  const { config, path, args, mounts } = row.spec;
  const { NetworkMode, Annotations } = row.hostConfig;
  return {
    Id: row.id,
    Names: [`/${row.name}`],
    Image: refersTo(config.Image, row.imageId) ? config.Image : row.imageId,
    ImageID: row.imageId,
    Command: [path, ...args.map((arg) => (arg.includes(' ') ? `'${arg}'` : arg))].join(' '),
    Created: Number(row.createdNs / 1_000_000_000n),
    Ports: portsOf(context, row),
    ...(sizes === undefined ? {} : { SizeRw: sizes.rw, SizeRootFs: sizes.rootFs }),
    Labels: config.Labels,
    State: statusOf(row),
    Status: statusText(row, nowMs),
    HostConfig: { NetworkMode, ...(Annotations === undefined ? {} : { Annotations }) },
    NetworkSettings: { Networks: networksOf(context, row) },
    Mounts: mountPointsOf(mounts),
  };
}
