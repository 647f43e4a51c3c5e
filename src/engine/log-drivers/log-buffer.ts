import { BerthError } from '#base/errors.ts';
import { parseSize } from '#base/units.ts';
import type { LogConfig } from '#spec/docker-api/containers.ts';

const DEFAULT_BYTES = 1024 * 1024;
/** What the keeper takes. */
const MOST_BYTES = 1 << 30;

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'log-opt.mode', message);
}

/**
 * The options `mode` and `max-buffer-size`: how many bytes of messages may wait for a log that does not take them at once.
 *
 * @returns 0 in blocking mode
 * @throws invalid with Docker's words
 */
export function logBuffer({ Config }: LogConfig): number {
  const mode = Config['mode'] || 'blocking';
  const size = Config['max-buffer-size'];
  if (mode !== 'blocking' && mode !== 'non-blocking') throw invalid(`logger: logging mode not supported: ${mode}`);
  if (mode === 'blocking' && size !== undefined)
    throw invalid("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  if (mode === 'blocking') return 0;
  const bytes = size === undefined ? DEFAULT_BYTES : parseSize(size, 1024);
  if (Number.isNaN(bytes) || bytes < 0) throw invalid(`error parsing option max-buffer-size: invalid size: '${size}'`);
  if (bytes > MOST_BYTES) throw invalid(`invalid value for max-buffer-size: ${size} is more than 1g`);
  return bytes === 0 ? DEFAULT_BYTES : bytes;
}
