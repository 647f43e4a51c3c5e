/** Prometheus' text format: what the daemon did and how it is (https://prometheus.io/docs/instrumenting/exposition_formats/). */
import { createServer } from 'node:http';
import { memoryUsage } from 'node:process';
import { monotonicMs } from '#base/time.ts';
import type { ApiRequest, ApiResponse, Dispatch } from '#spec/docker-api/exchange.ts';
import type { Listener } from './listen.ts';

/** Upper bounds of the histogram's buckets in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

interface Durations {
  readonly counts: number[];
  sum: number;
  count: number;
}

/** Last words of the API's paths; other words are names. */
const VERBS: ReadonlySet<string> = new Set([
  ...[
    'archive',
    'attach',
    'changes',
    'connect',
    'create',
    'df',
    'disconnect',
    'exec',
    'export',
    'fsck',
    'get',
    'history',
  ],
  ...[
    'import',
    'json',
    'kill',
    'load',
    'logs',
    'pause',
    'prune',
    'push',
    'rename',
    'resize',
    'restart',
    'search',
    'start',
  ],
  ...['stats', 'stop', 'storage', 'tag', 'top', 'unpause', 'update', 'wait', 'ws'],
]);

/** `/containers/x/start` as `containers start`: few names however many containers and images there are. */
function actionOf(path: string): string {
  const words = path
    .replace(/^\/v\d+\.\d+/, '')
    .split('/')
    .filter((word) => word !== '');
  const [first = 'other', ...rest] = words;
  const known = /^(containers|images|networks|volumes|exec|events|info|version|_ping|system|commit|build|auth)$/;
  if (!known.test(first)) return 'other';
  const last = rest.at(-1) ?? '';
  return VERBS.has(last) ? `${first} ${last}` : first;
}

/** Docker's histograms by the requests that they time. */
const DOCKERS: readonly (readonly [name: string, action: string, request: RegExp])[] = [
  ['container_actions', 'create', /^POST containers create$/],
  ['container_actions', 'start', /^POST containers start$/],
  ['container_actions', 'delete', /^DELETE containers$/],
  ['container_actions', 'changes', /^GET containers changes$/],
  ['container_actions', 'commit', /^POST commit$/],
  ['network_actions', 'allocate', /^POST networks create$/],
  ['network_actions', 'release', /^DELETE networks$/],
  ['network_actions', 'connect', /^POST networks connect$/],
];

/** What is told about the engine besides what it did. */
export interface EngineFacts {
  /** Labels of `engine_daemon_engine_info`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Containers by their state. */
  readonly states: Readonly<Record<string, number>>;
}

function labelled(labels: Readonly<Record<string, string>>): string {
  const escaped = (text: string) => text.replace(/["\\\n]/g, (sign) => (sign === '\n' ? '\\n' : `\\${sign}`));
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',');
}

function emptyDurations(): Durations {
  return { counts: BUCKETS.map(() => 0), sum: 0, count: 0 };
}

/** Counts requests by what they are, and times how long their answers took to begin. */
export class Metrics {
  readonly #actions = new Map<string, Durations>();
  readonly #statuses = new Map<number, number>();
  readonly #started = Date.now() / 1000;
  #checks = 0;
  #failedChecks = 0;
  #events = 0;

  /** The same dispatcher, counted. */
  counting(dispatch: Dispatch): Dispatch {
    return async (request: ApiRequest): Promise<ApiResponse> => {
      const start = monotonicMs();
      const answer = await dispatch(request);
      this.#count(`${request.method} ${actionOf(request.path)}`, answer.status, (monotonicMs() - start) / 1000);
      return answer;
    };
  }

  countHealthCheck(isHealthy: boolean): void {
    this.#checks += 1;
    if (!isHealthy) this.#failedChecks += 1;
  }

  countEvent(): void {
    this.#events += 1;
  }

  #count(action: string, status: number, seconds: number): void {
    const found = this.#actions.get(action) ?? emptyDurations();
    this.#actions.set(action, found);
    BUCKETS.forEach((bound, index) => {
      if (seconds <= bound) found.counts[index]! += 1;
    });
    found.sum += seconds;
    found.count += 1;
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
  }

  render({ labels, cpus, memoryBytes, states }: EngineFacts): string {
    const text = new MetricsText();
    text.metric('engine_daemon_engine_info', 'gauge', 'The engine that answers', [[labelled(labels), 1]]);
    text.metric('engine_daemon_engine_cpus_cpus', 'gauge', 'CPUs of the host', [['', cpus]]);
    text.metric('engine_daemon_engine_memory_bytes', 'gauge', 'Memory of the host', [['', memoryBytes]]);
    const byState = Object.entries(states).map(([state, count]) => [`state="${state}"`, count] as const);
    text.metric('engine_daemon_container_states_containers', 'gauge', 'Containers by state', byState);
    for (const name of ['container_actions', 'network_actions']) {
      const rows = DOCKERS.filter(([of]) => of === name).map(([, action, request]) => {
        const key = [...this.#actions.keys()].find((each) => request.test(each));
        return [action, (key === undefined ? undefined : this.#actions.get(key)) ?? emptyDurations()] as const;
      });
      text.histogram(`engine_daemon_${name}_seconds`, 'Time that each action took', rows);
    }
    text.metric('engine_daemon_events_total', 'counter', 'Events since the start', [['', this.#events]]);
    text.metric('engine_daemon_health_checks_total', 'counter', 'Health checks', [['', this.#checks]]);
    const failed = [['', this.#failedChecks]] as const;
    text.metric('engine_daemon_health_checks_failed_total', 'counter', 'Health checks that failed', failed);
    const byStatus = [...this.#statuses].map(([status, count]) => [`code="${status}"`, count] as const);
    text.metric('engine_daemon_requests_total', 'counter', 'Answers by status', byStatus);
    text.histogram('engine_daemon_request_seconds', 'Time until an answer began', [...this.#actions]);
    text.metric('process_resident_memory_bytes', 'gauge', 'Resident memory', [['', memoryUsage.rss()]]);
    const { user, system } = process.cpuUsage();
    text.metric('process_cpu_seconds_total', 'counter', 'CPU time', [['', (user + system) / 1e6]]);
    text.metric('process_start_time_seconds', 'gauge', 'Start of the process', [['', this.#started]]);
    return text.done();
  }
}

/** Lines of the format, metric by metric. */
class MetricsText {
  readonly #lines: string[] = [];

  metric(name: string, type: string, help: string, rows: readonly (readonly [labels: string, value: number])[]): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const [labels, value] of rows) this.#lines.push(`${name}${labels === '' ? '' : `{${labels}}`} ${value}`);
  }

  histogram(name: string, help: string, rows: readonly (readonly [action: string, durations: Durations])[]): void {
    this.metric(name, 'histogram', help, []);
    for (const [action, { counts, sum, count }] of rows) {
      const label = `action="${action}"`;
      for (const [index, bound] of BUCKETS.entries())
        this.#lines.push(`${name}_bucket{${label},le="${bound}"} ${counts[index]}`);
      this.#lines.push(`${name}_bucket{${label},le="+Inf"} ${count}`, `${name}_sum{${label}} ${sum}`);
      this.#lines.push(`${name}_count{${label}} ${count}`);
    }
  }

  done(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

/** Serves `/metrics` alone. @param address `127.0.0.1:9323` @param render makes the text */
export async function listenMetrics(address: string, render: () => Promise<string>): Promise<Listener> {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[(.*)\]$/, '$1') || '127.0.0.1';
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end('404 page not found\n');
      return;
    }
    render().then(
      (text) => response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: Number(address.slice(at + 1)) }, resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : undefined;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { name: `http://${host}:${port}/metrics`, port, close, renewTls: () => {} };
}
