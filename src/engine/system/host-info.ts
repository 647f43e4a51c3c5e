/** What `info` says of the machine. */
import { readFileSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES')) return undefined;
    throw error;
  }
}

/** The values of an os-release file by name, see os-release(5). */
export function parseOsRelease(text: string): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const match = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line.trim());
    if (match === null) continue;
    const raw = match[2]!;
    const quoted = /^"(.*)"$|^'(.*)'$/.exec(raw);
    values[match[1]!] = (quoted?.[1] ?? quoted?.[2] ?? raw).replace(/\\(["$`\\])/g, '$1');
  }
  return values;
}

/** Name and version of the host's distribution. */
export function operatingSystem(): { readonly name: string; readonly version: string } {
  const text = readIfThere('/etc/os-release') ?? readIfThere('/usr/lib/os-release') ?? '';
  const values = parseOsRelease(text);
  const name = values['PRETTY_NAME'] ?? values['NAME'] ?? 'Linux';
  return { name, version: values['VERSION_ID'] ?? '' };
}

/** The machine's architecture in the kernel's words and in Go's, which images use. */
export function architectures(arch: string = process.arch): { readonly kernel: string; readonly image: string } {
  const kernel: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64', ia32: 'i686', arm: 'armv7l' };
  const image: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };
  return { kernel: kernel[arch] ?? arch, image: image[arch] ?? arch };
}

/** True when the machine forwards IPv4 packets between its interfaces. */
export function ipv4Forwarding(): boolean {
  return readIfThere('/proc/sys/net/ipv4/ip_forward')?.trim() === '1';
}

/** File systems by their number in statfs(2), as docker names them. */
const FILE_SYSTEMS: Readonly<Record<string, string>> = {
  '61267': 'extfs',
  '1481003842': 'xfs',
  '16914836': 'tmpfs',
  '2435016766': 'btrfs',
  '801189825': 'zfs',
  '2035054128': 'overlayfs',
  '3380511080': 'bcachefs',
  '4076150800': 'f2fs',
  '26985': 'nfs',
};

/** @param type `f_type` of statfs(2) */
export function fileSystemName(type: bigint): string {
  return FILE_SYSTEMS[String(type)] ?? '<unknown>';
}
