import { BerthError } from '#base/errors.ts';
import { parseSignal } from '#base/signals.ts';
import type { ContainerConfig, ContainerCreateRequest, HealthConfig } from '#spec/docker-api/containers.ts';
import type { ImageRunConfig } from '#spec/docker-api/images.ts';
import { parseNetworkProbe } from '../health/network-probe.ts';
import { cleanPath } from './mount-spec.ts';

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'container.invalid', message);
}

/**
 * A container's configuration: what the client sent, completed by the image's.
 *
 * @param defaultHostname used when the client sent no host name
 * @throws invalid with Docker's words, among them "no command specified"
 */
export function mergeConfig(
  request: ContainerCreateRequest,
  image: ImageRunConfig,
  defaultHostname: string,
): ContainerConfig {
  const { entrypoint, command } = mergeCommand(request, image);
  const workingDir = request.WorkingDir || image.WorkingDir || '';
  const stopSignal = request.StopSignal || image.StopSignal;
  const health = mergeHealth(request.Healthcheck ?? undefined, image.Healthcheck);
  const exposed = { ...image.ExposedPorts, ...request.ExposedPorts };
  const volumes = { ...image.Volumes, ...request.Volumes };
  const config: ContainerConfig = {
    Hostname: request.Hostname || defaultHostname,
    Domainname: request.Domainname ?? '',
    User: request.User || image.User || '',
    AttachStdin: request.AttachStdin ?? false,
    AttachStdout: request.AttachStdout ?? true,
    AttachStderr: request.AttachStderr ?? true,
    ...(Object.keys(exposed).length > 0 ? { ExposedPorts: exposed } : {}),
    Tty: request.Tty ?? false,
    OpenStdin: request.OpenStdin ?? false,
    StdinOnce: request.StdinOnce ?? false,
    Env: mergeEnv(request.Env ?? [], image.Env ?? []),
    Cmd: command,
    ...(health === undefined ? {} : { Healthcheck: health }),
    Image: request.Image ?? '',
    Volumes: Object.keys(volumes).length > 0 ? volumes : null,
    WorkingDir: workingDir === '' ? '' : cleanPath(workingDir),
    Entrypoint: entrypoint,
    ...(request.NetworkDisabled ? { NetworkDisabled: true } : {}),
    ...(request.MacAddress ? { MacAddress: request.MacAddress } : {}),
    OnBuild: request.OnBuild ?? null,
    Labels: { ...image.Labels, ...request.Labels },
    ...(stopSignal ? { StopSignal: stopSignal } : {}),
    ...(typeof request.StopTimeout === 'number' ? { StopTimeout: request.StopTimeout } : {}),
    ...(request.Shell ? { Shell: request.Shell } : {}),
  };
  checkConfig(config, request);
  return config;
}

function mergeCommand(request: ContainerCreateRequest, image: ImageRunConfig) {
  let entrypoint = asWords(request.Entrypoint);
  let command = asWords(request.Cmd);
  if ((entrypoint ?? []).length === 0) {
    if ((command ?? []).length === 0) command = asWords(image.Cmd);
    entrypoint ??= asWords(image.Entrypoint);
  }
  if (entrypoint?.length === 1 && entrypoint[0] === '') entrypoint = null;
  if ((entrypoint ?? []).length === 0 && (command ?? []).length === 0) throw invalid('no command specified');
  return { entrypoint, command };
}

/** Clients may send a command as one string. */
function asWords(value: readonly string[] | string | null | undefined): readonly string[] | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? [value] : value;
}

/** The client's variables first, then those of the image that it does not name. */
export function mergeEnv(own: readonly string[], inherited: readonly string[]): string[] {
  const names = new Set(own.map(nameOf));
  return [...own, ...inherited.filter((entry) => !names.has(nameOf(entry)))];
}

function nameOf(entry: string): string {
  const equals = entry.indexOf('=');
  return equals < 0 ? entry : entry.slice(0, equals);
}

function mergeHealth(own: HealthConfig | undefined, image: HealthConfig | undefined): HealthConfig | undefined {
  if (own === undefined || image === undefined) return own ?? image;
  return {
    Test: (own.Test ?? []).length > 0 ? (own.Test ?? []) : (image.Test ?? []),
    Interval: own.Interval || image.Interval || 0,
    Timeout: own.Timeout || image.Timeout || 0,
    StartPeriod: own.StartPeriod || image.StartPeriod || 0,
    StartInterval: own.StartInterval || image.StartInterval || 0,
    Retries: own.Retries || image.Retries || 0,
    ...(own.OnFailure === undefined ? {} : { OnFailure: own.OnFailure }),
  };
}

const MINIMUM_NS = 1_000_000;
const MAX_HOSTNAME = 64;

function checkConfig(config: ContainerConfig, request: ContainerCreateRequest): void {
  if (config.WorkingDir !== '' && !config.WorkingDir.startsWith('/')) {
    throw invalid(`the working directory '${config.WorkingDir}' is invalid, it needs to be an absolute path`);
  }
  if (config.StopSignal !== undefined) parseSignal(config.StopSignal);
  for (const entry of request.Env ?? []) {
    if (nameOf(entry) === '') throw invalid(`invalid environment variable: ${entry}`);
  }
  if (Buffer.byteLength(config.Hostname) > MAX_HOSTNAME) {
    throw invalid(`hostname "${config.Hostname}" is too long (maximum ${MAX_HOSTNAME} bytes)`);
  }
  for (const word of [...(config.Entrypoint ?? []), ...(config.Cmd ?? []), ...config.Env]) {
    if (word.includes('\0')) throw invalid('arguments and environment variables cannot contain a NUL byte');
  }
  checkHealth(config.Healthcheck);
}

function checkHealth(health: HealthConfig | undefined): void {
  if (health === undefined) return;
  for (const field of ['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const) {
    const value = health[field] ?? 0;
    if (value !== 0 && value < MINIMUM_NS) throw invalid(`${field} in Healthcheck cannot be less than 1ms`);
  }
  if ((health.Retries ?? 0) < 0) throw invalid('Retries in Healthcheck cannot be negative');
  const action = health.OnFailure ?? 'none';
  if (!['none', 'kill', 'stop', 'restart'].includes(action)) {
    throw invalid(`Unknown action "${action}" in healthcheck: must be one of none, kill, stop, restart`);
  }
  const [kind, ...words] = health.Test ?? [];
  if (kind === 'HTTP' || kind === 'TCP') parseNetworkProbe(kind, words);
  else if (kind !== undefined && !['', 'NONE', 'CMD', 'CMD-SHELL'].includes(kind)) {
    throw invalid(`Unknown type "${kind}" in healthcheck`);
  }
}

/** True when a health check is configured and not switched off. */
export function hasHealthcheck(config: ContainerConfig): boolean {
  const [kind] = config.Healthcheck?.Test ?? [];
  return kind !== undefined && kind !== '' && kind !== 'NONE';
}
