import { readFileSync } from 'node:fs';
import type { TlsOptions } from 'node:tls';
import { BerthError, messageOf } from '#base/errors.ts';

/** Files of the daemon's TLS. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
  /** True: only clients with a certificate of this authority get in. */
  readonly requestCert: boolean;
}

function read(what: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new BerthError('invalid', 'daemon.tls', `could not read the ${what} ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** Reads certificates and key. @throws invalid naming the file that cannot be read */
export function readTlsOptions(files: TlsFiles): TlsOptions {
  return {
    cert: read('certificate', files.cert),
    key: read('key', files.key),
    ...(files.ca === undefined ? {} : { ca: read('certificate authority', files.ca) }),
    requestCert: files.requestCert,
    rejectUnauthorized: files.requestCert,
    minVersion: 'TLSv1.2',
  };
}
