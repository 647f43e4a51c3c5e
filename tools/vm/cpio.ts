/** One entry of an archive. */
export interface CpioEntry {
  readonly name: string;
  /** File type and permission bits, as in st_mode. */
  readonly mode: number;
  readonly data?: Uint8Array;
}

const DIRECTORY = 0o040755;

/** Packs the kernel's initramfs format (newc, Documentation/driver-api/early-userspace/buffer-format.rst), uncompressed. */
export function packCpio(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.flatMap((entry, index) => packEntry(entry, index + 1));
  return Buffer.concat([...parts, ...packEntry({ name: 'TRAILER!!!', mode: 0 }, 0)]);
}

/** Directories for the paths of files, parents first. */
export function directoriesOf(names: readonly string[]): CpioEntry[] {
  const found = new Set<string>();
  for (const name of names) {
    const parts = name.split('/').slice(0, -1);
    for (const [index] of parts.entries()) found.add(parts.slice(0, index + 1).join('/'));
  }
  return [...found].sort().map((name) => ({ name, mode: DIRECTORY }));
}

function packEntry({ name, mode, data = new Uint8Array() }: CpioEntry, inode: number): Uint8Array[] {
  const nameBytes = Buffer.from(`${name}\0`);
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, nameBytes.length, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return [padded(Buffer.concat([Buffer.from(header), nameBytes])), padded(data)];
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  whole.set(bytes);
  return whole;
}
