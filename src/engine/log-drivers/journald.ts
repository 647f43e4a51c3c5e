import { shortId } from '#base/ids.ts';
import type { LogForward } from '#sys/keeper/plan.ts';
import type { LoggedContainer } from './log-attributes.ts';

/** Where the journal listens (systemd-journald.service(8)). */
export const JOURNAL_SOCKET = '/run/systemd/journal/socket';

const PRIORITY_ERROR = '3';
const PRIORITY_INFO = '6';

/** One field in the journal's native protocol: as text, or with its length when it has more than one line. */
function field(name: string, value: string): Buffer {
  if (!value.includes('\n')) return Buffer.from(`${name}=${value}\n`);
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, bytes, Buffer.from('\n')]);
}

/** A label or variable as the name of a field: capitals, digits and underscores, no underscore in front. */
function fieldName(name: string): string {
  return name
    .toUpperCase()
    .replace(/[^A-Z0-9_]/g, '_')
    .replace(/^_+/, '');
}

/**
 * Messages to the journal, with the fields that Docker's driver gives them (systemd: "Native Journal Protocol").
 *
 * @param attributes labels and variables that are told, too
 */
export function journaldForward(
  container: LoggedContainer,
  tag: string,
  attributes: Readonly<Record<string, string>>,
): Omit<LogForward, 'bufferBytes'> {
  const fields = {
    CONTAINER_ID: shortId(container.id),
    CONTAINER_ID_FULL: container.id,
    CONTAINER_NAME: container.name,
    CONTAINER_TAG: tag,
    IMAGE_NAME: container.image,
    SYSLOG_IDENTIFIER: tag,
    ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [fieldName(name), value])),
  };
  const common = Object.entries(fields).filter(([name]) => name !== '');
  const head = (priority: string) =>
    Buffer.concat([
      field('PRIORITY', priority),
      ...common.map(([name, value]) => field(name, value)),
      Buffer.from('SYSLOG_TIMESTAMP='),
    ]);
  return {
    to: { kind: 'unix-datagram', path: JOURNAL_SOCKET },
    heads: [head(PRIORITY_INFO), head(PRIORITY_ERROR)],
    time: 'rfc3339',
    middle: Buffer.from('\nMESSAGE='),
    tail: Buffer.from('\n'),
    partTail: Buffer.from('\nCONTAINER_PARTIAL_MESSAGE=true\n'),
    counted: false,
  };
}
