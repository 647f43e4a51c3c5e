import { existsSync } from 'node:fs';
import { BerthError } from '#base/errors.ts';
import type { LogForward, LogPlan } from '#sys/keeper/plan.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { logFileOptions } from './json-file.ts';
import { type LoggedContainer, logAttributes, logTag } from './log-attributes.ts';
import { logBuffer } from './log-buffer.ts';

/** True when `logs` can read what a container's driver keeps. */
export function isReadable(row: ContainerRow): boolean {
  return logFileOptions(row.hostConfig.LogConfig) !== undefined;
}

/**
 * Where a container's output goes, as its log driver says.
 *
 * @param path of the log file, where the driver keeps one
 * @throws unavailable when what the driver needs is not there
 */
export async function logPlanOf(row: ContainerRow, path: string): Promise<LogPlan> {
  const log = row.hostConfig.LogConfig;
  const container: LoggedContainer = {
    id: row.id,
    name: row.name,
    image: row.spec.config.Image,
    imageId: row.imageId,
    labels: row.spec.config.Labels,
    env: row.spec.config.Env,
  };
  const told = logAttributes(log, container);
  const place = await forwardOf(row, container, told);
  const forward = place === undefined ? undefined : { ...place, bufferBytes: logBuffer(log) };
  const elsewhere = forward === undefined ? {} : { forward };
  const file = logFileOptions(log);
  if (file === undefined) return { driver: 'none', ...elsewhere };
  // Where messages go elsewhere the tag went with them.
  const tag = forward === undefined && log.Config['tag'] ? { tag: logTag(log, container) } : {};
  const attributes = { ...told, ...tag };
  return {
    driver: 'json-file',
    path,
    maxSizeBytes: file.maxSize ?? 0,
    maxFiles: file.maxFiles,
    ...(file.compress ? { compress: [gzipPath(), '-f'] } : {}),
    ...(Object.keys(attributes).length > 0 ? { attrs: JSON.stringify(attributes) } : {}),
    ...elsewhere,
  };
}

async function forwardOf(
  row: ContainerRow,
  container: LoggedContainer,
  told: Readonly<Record<string, string>>,
): Promise<Omit<LogForward, 'bufferBytes'> | undefined> {
  const log = row.hostConfig.LogConfig;
  if (log.Type === 'syslog') {
    const { parseSyslog, syslogForward } = await import('./syslog.ts');
    return syslogForward(parseSyslog(log.Config), logTag(log, container));
  }
  if (log.Type !== 'journald') return undefined;
  const { JOURNAL_SOCKET, journaldForward } = await import('./journald.ts');
  if (!existsSync(JOURNAL_SOCKET)) {
    const message = 'failed to initialize logging driver: journald is not enabled on this host';
    throw new BerthError('unavailable', 'log.journald', message, { hint: `${JOURNAL_SOCKET} does not exist` });
  }
  return journaldForward(container, logTag(log, container), told);
}

function gzipPath(): string {
  const found = ['/usr/bin/gzip', '/bin/gzip'].find((path) => existsSync(path));
  if (found === undefined) {
    throw new BerthError('unavailable', 'log.gzip', 'the log option compress needs the program gzip', {
      hint: 'apt-get install gzip',
    });
  }
  return found;
}
