import { BerthError } from '#base/errors.ts';

/** Options of the local driver: what a volume is instead of a directory of its own, as mount(8) takes it. */
export interface DriverOptions {
  /** File system, for example `nfs`, `tmpfs`; `none` with the option `bind` for a directory of the host. */
  readonly type: string;
  /** `server:/path`, a block device, a directory. */
  readonly device: string;
  /** Mount options. */
  readonly o: readonly string[];
}

type Options = Readonly<Record<string, string>>;

const KNOWN = ['type', 'o', 'device', 'size'];
/** What an option needs beside it. */
const NEEDED: readonly (readonly [string, readonly string[]])[] = [
  ['device', ['type']],
  ['type', ['device']],
  ['o', ['device', 'type']],
];

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'volume.options', message);
}

/**
 * Checks the options of a new volume.
 *
 * @throws invalid with Docker's words
 */
export function checkDriverOptions(options: Options | null): void {
  if (options === null) return;
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) throw invalid(`invalid option: ${JSON.stringify(unknown)}`);
  for (const [name, others] of NEEDED) {
    const missing = name in options ? others.find((other) => !(other in options)) : undefined;
    if (missing !== undefined) throw invalid(`missing required option: ${JSON.stringify(missing)}`);
  }
  if ('size' in options) throw invalid('quota size requested but no quota support');
}

/** What the options of a volume ask for; undefined when its data is in its own directory. */
export function driverOptionsOf(options: Options | null): DriverOptions | undefined {
  const type = options?.['type'];
  const device = options?.['device'];
  if (type === undefined || device === undefined) return undefined;
  const words = (options?.['o'] ?? '').split(',').map((word) => word.trim());
  return { type, device, o: words.filter((word) => word !== '') };
}

/** The directory of the host that the volume stands for (`type=none,o=bind`), if it does. */
export function boundDirectory(options: Options | null): string | undefined {
  const wanted = driverOptionsOf(options);
  return wanted?.o.some((word) => word === 'bind' || word === 'rbind') ? wanted.device : undefined;
}
