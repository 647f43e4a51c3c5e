import { BerthError, isBerthError } from '#base/errors.ts';

/** Codes of the OCI distribution specification 1.1 ("Error Codes") and of Docker's registry, each with its status. */
const STATUSES = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  PAGINATION_NUMBER_INVALID: 400,
  RANGE_INVALID: 416,
  SIZE_INVALID: 400,
  TAG_INVALID: 400,
  TOOMANYREQUESTS: 429,
  TOO_LARGE: 413,
  UNAUTHORIZED: 401,
  UNAVAILABLE: 503,
  UNKNOWN: 500,
  UNSUPPORTED: 405,
} as const;

export type RefusalCode = keyof typeof STATUSES;

/** What a client is told. */
export interface Refusal {
  readonly status: number;
  readonly code: RefusalCode;
  readonly message: string;
  readonly detail: Readonly<Record<string, string | number | boolean>> | undefined;
}

const CODE = /^registry\.refused\.([A-Z_]+)$/;

/** @param details facts for the client */
export function refusal(
  code: RefusalCode,
  message: string,
  details: Readonly<Record<string, string | number | boolean>> = {},
): BerthError {
  return new BerthError('invalid', `registry.refused.${code}`, message, { details });
}

/** Failures of the engine's registry: code and, where it is not the usual one of that, status. */
const ENGINE_CODES: Readonly<Record<string, { code: RefusalCode; status?: number }>> = {
  'registry.blob-unknown': { code: 'BLOB_UNKNOWN' },
  'registry.blob-upload-invalid': { code: 'BLOB_UPLOAD_INVALID' },
  'registry.blob-upload-unknown': { code: 'BLOB_UPLOAD_UNKNOWN' },
  'registry.digest-invalid': { code: 'DIGEST_INVALID' },
  'registry.manifest-blob-unknown': { code: 'MANIFEST_BLOB_UNKNOWN' },
  'registry.manifest-invalid': { code: 'MANIFEST_INVALID' },
  'registry.manifest-unknown': { code: 'MANIFEST_UNKNOWN' },
  'registry.name-unknown': { code: 'NAME_UNKNOWN' },
  'registry.range': { code: 'RANGE_INVALID' },
  'registry.size-invalid': { code: 'SIZE_INVALID' },
  'registry.too-large': { code: 'SIZE_INVALID', status: 413 },
  'registry.full': { code: 'UNAVAILABLE', status: 507 },
  'store.full': { code: 'UNAVAILABLE', status: 507 },
};

/** SQLite's own word for a full disk (SQLITE_FULL). */
function isFull(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 13;
}

/** The only place where an error becomes a status. What is not the client's business stays in the log. */
export function refusalOf(error: unknown): Refusal {
  if (isFull(error))
    return { status: 507, code: 'UNAVAILABLE', message: 'no space left on the registry', detail: undefined };
  if (!isBerthError(error)) return { status: 500, code: 'UNKNOWN', message: 'unknown error', detail: undefined };
  const { message } = error;
  const detail = Object.keys(error.details).length === 0 ? undefined : error.details;
  const own = CODE.exec(error.code)?.[1] as RefusalCode | undefined;
  if (own !== undefined) return { status: STATUSES[own], code: own, message, detail };
  const known = ENGINE_CODES[error.code];
  if (known !== undefined) return { status: known.status ?? STATUSES[known.code], code: known.code, message, detail };
  switch (error.kind) {
    case 'unavailable':
    case 'timeout':
      return { status: 503, code: 'UNAVAILABLE', message, detail };
    case 'unauthorized':
    case 'forbidden':
      return { status: 403, code: 'DENIED', message, detail };
    case 'not-found':
      return { status: 404, code: 'NAME_UNKNOWN', message, detail };
    default:
      return { status: 500, code: 'UNKNOWN', message, detail };
  }
}
