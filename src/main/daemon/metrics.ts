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

/** `/containers/x/start` as `containers start`: few names however many containers there are. */
function actionOf(path: string): string {
  const words = path
    .replace(/^\/v\d+\.\d+/, '')
    .split('/')
    .filter((word) => word !== '');
  const [first = 'other', ...rest] = words;
  const known = /^(containers|images|networks|volumes|exec|events|info|version|_ping|system|commit|build|auth)$/;
  if (!known.test(first)) return 'other';
  const last = rest.at(-1) ?? '';
  return /^[a-z]{2,12}$/.test(last) && (rest.length > 1 || /^(create|prune|json|df|load|get|search)$/.test(last))
    ? `${first} ${last}`
    : first;
}

/** Counts requests by what they are, and times how long their answers took to begin. */
export class Metrics {
  readonly #actions = new Map<string, Durations>();
  readonly #statuses = new Map<number, number>();
  readonly #started = Date.now() / 1000;

  /** The same dispatcher, counted. */
  counting(dispatch: Dispatch): Dispatch {
    return async (request: ApiRequest): Promise<ApiResponse> => {
      const start = monotonicMs();
      const answer = await dispatch(request);
      this.#count(`${request.method} ${actionOf(request.path)}`, answer.status, (monotonicMs() - start) / 1000);
      return answer;
    };
  }

  #count(action: string, status: number, seconds: number): void {
    const found = this.#actions.get(action) ?? { counts: BUCKETS.map(() => 0), sum: 0, count: 0 };
    this.#actions.set(action, found);
    BUCKETS.forEach((bound, index) => {
      if (seconds <= bound) found.counts[index]! += 1;
    });
    found.sum += seconds;
    found.count += 1;
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
  }

  /** @param states containers by their state */
  render(states: Readonly<Record<string, number>>, version: string): string {
    const lines: string[] = [];
    const metric = (name: string, type: string, help: string) =>
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    metric('engine_daemon_engine_info', 'gauge', 'The engine that answers');
    lines.push(`engine_daemon_engine_info{version="${version}",os_type="linux"} 1`);
    metric('engine_daemon_container_states_containers', 'gauge', 'Containers by state');
    for (const [state, count] of Object.entries(states))
      lines.push(`engine_daemon_container_states_containers{state="${state}"} ${count}`);
    metric('engine_daemon_requests_total', 'counter', 'Answers by status');
    for (const [status, count] of this.#statuses) lines.push(`engine_daemon_requests_total{code="${status}"} ${count}`);
    metric('engine_daemon_request_seconds', 'histogram', 'Time until an answer began');
    for (const [action, { counts, sum, count }] of this.#actions) {
      const label = `action="${action}"`;
      for (const [index, bound] of BUCKETS.entries())
        lines.push(`engine_daemon_request_seconds_bucket{${label},le="${bound}"} ${counts[index]}`);
      lines.push(`engine_daemon_request_seconds_bucket{${label},le="+Inf"} ${count}`);
      lines.push(`engine_daemon_request_seconds_sum{${label}} ${sum}`);
      lines.push(`engine_daemon_request_seconds_count{${label}} ${count}`);
    }
    metric('process_resident_memory_bytes', 'gauge', 'Resident memory');
    lines.push(`process_resident_memory_bytes ${memoryUsage.rss()}`);
    metric('process_cpu_seconds_total', 'counter', 'CPU time');
    const { user, system } = process.cpuUsage();
    lines.push(`process_cpu_seconds_total ${(user + system) / 1e6}`);
    metric('process_start_time_seconds', 'gauge', 'Start of the process');
    lines.push(`process_start_time_seconds ${this.#started}`);
    return `${lines.join('\n')}\n`;
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
