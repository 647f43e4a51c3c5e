import { BerthError } from '#base/errors.ts';
import { healthOf } from '../health/health-state.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { statusOf } from './describe.ts';

export type Filters = Readonly<Record<string, readonly string[]>>;

const STATES = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];
const HEALTHS = ['none', 'starting', 'healthy', 'unhealthy'];

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'filter.invalid', message);
}

/** Decides for one container. */
export type RowFilter = (row: ContainerRow) => boolean;

/**
 * The filter of `docker ps`: values of one name are alternatives, names all count. `before`, `since` and `ancestor` need the
 * database and are not looked at here.
 *
 * @param networksOf names and ids of the networks that a container is in
 * @throws invalid for values that mean nothing, with Docker's words
 */
export function compileFilters(filters: Filters, networksOf: (row: ContainerRow) => readonly string[]): RowFilter {
  const exitCodes = (filters['exited'] ?? []).map(parseExitCode);
  for (const state of filters['status'] ?? []) checkWord('status', 'state', state, STATES);
  for (const health of filters['health'] ?? []) checkWord('health', 'health', health, HEALTHS);
  const isTask = (filters['is-task'] ?? []).map((value) => parseBool('is-task', value));
  const exposed = parsePorts('expose', filters['expose'] ?? []);
  const published = parsePorts('publish', filters['publish'] ?? []);
  const tests: RowFilter[] = [
    patterns(filters['name'], (row) => [row.name, `/${row.name}`]),
    patterns(filters['id'], (row) => [row.id]),
    patterns(filters['status'], (row) => [statusOf(row)]),
    words(filters['health'], (row) => [healthOf(row)?.Status ?? 'none']),
    words(filters['isolation'], (row) => [row.hostConfig.Isolation, 'default']),
    words(filters['volume'], (row) =>
      row.spec.mounts.flatMap((mount) => [mount.name || mount.source, mount.destination]),
    ),
    words(filters['network'], networksOf),
    (row) => (filters['label'] ?? []).every((wanted) => hasLabel(row, wanted)),
    (row) => exitCodes.length === 0 || (isOver(row) && exitCodes.includes(row.exitCode)),
    () => !isTask.includes(true),
    (row) => exposed.size + published.size === 0 || exposesAny(row, exposed),
  ];
  return (row) => tests.every((test) => test(row));
}

function isOver(row: ContainerRow): boolean {
  const status = statusOf(row);
  return row.startedAt !== '' && (status === 'exited' || status === 'dead');
}

function patterns(wanted: readonly string[] | undefined, of: (row: ContainerRow) => readonly string[]): RowFilter {
  if (wanted === undefined || wanted.length === 0) return () => true;
  const expressions = wanted.map((text) => {
    try {
      return new RegExp(text);
    } catch {
      // Not an expression: taken as it stands.
      return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    }
  });
  return (row) => of(row).some((value) => expressions.some((expression) => expression.test(value)));
}

function words(wanted: readonly string[] | undefined, of: (row: ContainerRow) => readonly string[]): RowFilter {
  if (wanted === undefined || wanted.length === 0) return () => true;
  return (row) => of(row).some((value) => wanted.includes(value));
}

/** `key` or `key=value`. */
export function hasLabel(row: ContainerRow, wanted: string): boolean {
  const equals = wanted.indexOf('=');
  const labels = row.spec.config.Labels;
  const key = equals < 0 ? wanted : wanted.slice(0, equals);
  return key in labels && (equals < 0 || labels[key] === wanted.slice(equals + 1));
}

function parseExitCode(value: string): number {
  if (!/^[+-]?\d+$/.test(value)) {
    throw invalid(`invalid filter 'exited=${value}': strconv.Atoi: parsing "${value}": invalid syntax`);
  }
  return Number(value);
}

function checkWord(filter: string, noun: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return;
  throw invalid(
    `invalid filter '${filter}=${value}': invalid value for ${noun} (${value}): must be one of ${known.join(', ')}`,
  );
}

function parseBool(filter: string, value: string): boolean {
  if (value === '1' || value === 'true') return true;
  if (value === '0' || value === 'false') return false;
  throw invalid(`invalid filter '${filter}=[${value}]'`);
}

/** `80`, `80/udp`, `8000-8010/tcp` as the keys of `ExposedPorts`. */
function parsePorts(filter: string, values: readonly string[]): Set<string> {
  const ports = new Set<string>();
  for (const value of values) {
    if (value.includes(':')) throw invalid(`filter for '${filter}' should not contain ':': ${value}`);
    const match = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/.exec(value);
    const from = Number(match?.[1]);
    const to = Number(match?.[2] ?? match?.[1]);
    if (match === null || to < from || to > 65_535) {
      throw invalid(`error while looking up for ${filter} ${value}: invalid port`);
    }
    for (let port = from; port <= to; port++) ports.add(`${port}/${match[3] ?? 'tcp'}`);
  }
  return ports;
}

function exposesAny(row: ContainerRow, ports: ReadonlySet<string>): boolean {
  return Object.keys(row.spec.config.ExposedPorts ?? {}).some((port) => ports.has(port));
}
