import { BerthError, messageOf } from '#base/errors.ts';
import type { LogConfig } from '#spec/docker-api/containers.ts';
import { logFileOptions } from './json-file.ts';
import { checkTag } from './log-attributes.ts';
import { logBuffer } from './log-buffer.ts';
import { parseSyslog } from './syslog.ts';

/** Drivers of Docker's that Berth does not have. */
const FOREIGN = ['gelf', 'fluentd', 'awslogs', 'splunk', 'etwlogs', 'gcplogs'];

/** The drivers there are. */
export const LOG_DRIVERS = ['journald', 'json-file', 'local', 'none', 'syslog'];

const TELLING = ['labels', 'labels-regex', 'env', 'env-regex', 'tag'];
const FILE = ['max-size', 'max-file', 'compress'];
const CACHE = ['cache-disabled', 'cache-max-size', 'cache-max-file', 'cache-compress'];
const SYSLOG = ['syslog-address', 'syslog-facility', 'syslog-format'];
const SYSLOG_TLS = ['syslog-tls-ca-cert', 'syslog-tls-cert', 'syslog-tls-key', 'syslog-tls-skip-verify'];

const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  none: [],
  'json-file': [...FILE, ...TELLING],
  local: [...FILE, ...TELLING],
  journald: [...TELLING, ...CACHE],
  syslog: [...SYSLOG, ...SYSLOG_TLS, ...TELLING, ...CACHE],
};

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'log-opt.invalid', message);
}

/**
 * Checks a log driver and its options.
 *
 * @throws invalid for an unknown driver or option, with Docker's words; unsupported for one that Berth does not have
 */
export function checkLogConfig(log: LogConfig): void {
  const options = OPTIONS[log.Type];
  if (options === undefined) throw unknownDriver(log.Type);
  for (const name of Object.keys(log.Config)) {
    const isMode = log.Type !== 'none' && (name === 'mode' || name === 'max-buffer-size');
    if (!isMode && !options.includes(name)) throw invalid(`unknown log opt '${name}' for ${log.Type} log driver`);
  }
  logBuffer(log);
  checkTag(log.Config['tag']);
  for (const option of ['labels-regex', 'env-regex']) checkPattern(option, log.Config[option]);
  logFileOptions(log);
  if (log.Type === 'syslog') parseSyslog(log.Config);
}

function checkPattern(option: string, text: string | undefined): void {
  try {
    new RegExp(text ?? '');
  } catch (error) {
    throw invalid(`invalid value for ${option}: ${messageOf(error)}`);
  }
}

function unknownDriver(name: string): BerthError {
  if (!FOREIGN.includes(name)) return invalid(`logger: no log driver named '${name}' is registered`);
  const message = `log driver '${name}' is not supported; use one of ${LOG_DRIVERS.join(', ')}`;
  return new BerthError('unsupported', 'log-driver', message);
}
