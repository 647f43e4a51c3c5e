import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import { BerthError, isErrno } from '#base/errors.ts';
import type { TlsSettings } from '../http/http-client.ts';

/** Where certificates of registries lie, the first that has a folder for the registry counts. */
export const CERTIFICATE_DIRECTORIES: readonly string[] = [
  '/etc/berth/certs.d',
  '/etc/docker/certs.d',
  '/etc/containers/certs.d',
];

/**
 * Reads a registry's certificates as Docker lays them out: `HOST[:PORT]/*.crt` to trust, `*.cert` with a `*.key` of the same name to
 * show.
 *
 * @param host `HOST[:PORT]`
 * @throws invalid for a certificate without a key and the other way round
 */
export function readCertificates(host: string, directories: readonly string[], insecure: boolean): TlsSettings {
  for (const directory of directories) {
    const found = readFolder(join(directory, host));
    if (found !== undefined) return { ...found, ca: insecure ? [] : [...systemCertificates(), ...found.ca], insecure };
  }
  return { ca: insecure ? [] : systemCertificates(), own: [], insecure };
}

function readFolder(folder: string): Omit<TlsSettings, 'insecure'> | undefined {
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const ca = names.filter((name) => name.endsWith('.crt')).map(read);
  const own = names
    .filter((name) => name.endsWith('.cert'))
    .map((cert) => {
      const key = cert.replace(/\.cert$/, '.key');
      if (!names.includes(key)) throw missing(folder, 'key', key, 'certificate', cert);
      return { cert: read(cert), key: read(key) };
    });
  for (const key of names.filter((name) => name.endsWith('.key'))) {
    const cert = key.replace(/\.key$/, '.cert');
    if (!names.includes(cert)) throw missing(folder, 'client certificate', cert, 'key', key);
  }
  return { ca, own };
}

function missing(folder: string, what: string, name: string, other: string, otherName: string): BerthError {
  const words = `missing ${what} ${name} for ${other} ${otherName} in ${folder}`;
  return new BerthError('invalid', 'registry.certificates', words, {
    hint: 'CA certificates must use the extension .crt',
  });
}

let system: string[] | undefined;

/** What this machine trusts, besides what Node.js comes with. */
function systemCertificates(): string[] {
  system ??= [...new Set([...getCACertificates('system'), ...getCACertificates('default')])];
  return system;
}
