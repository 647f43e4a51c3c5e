import { BerthError, type ErrorKind } from '#base/errors.ts';
import { type HttpResponse, headerOf, shownUrl } from '../http/exchange.ts';
import { readBody } from '../http/read-body.ts';

const ERROR_BYTES_MAX = 64 * 1024;

/**
 * What a registry answered instead of what was asked for, in Docker's words (OCI distribution specification, "Error Codes").
 *
 * @param what names the thing that was asked for, for answers that say nothing themselves
 */
export async function registryError(response: HttpResponse, what: string): Promise<BerthError> {
  const text = await readBody(response, ERROR_BYTES_MAX).then(String, () => '');
  const said = errorsOf(text);
  const { status } = response;
  const kind = kindOf(status);
  const code = status === 429 || status >= 500 ? 'registry.busy' : `registry.${CODES[kind] ?? 'refused-request'}`;
  const words =
    said ??
    `${what}: unexpected status from "${shownUrl(response.url)}": ${status} ${STATUS_WORDS[status] ?? ''}`.trim();
  const pause = headerOf(response, 'retry-after');
  return new BerthError(kind, code, words, {
    details: { status, said: said === undefined ? '' : (firstCode(text) ?? '') },
    ...(pause === undefined ? {} : { hint: `The registry asks to wait: Retry-After ${pause}.` }),
  });
}

const CODES: Partial<Record<ErrorKind, string>> = {
  'not-found': 'not-found',
  unauthorized: 'unauthorized',
  forbidden: 'forbidden',
};

const STATUS_WORDS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Request Entity Too Large',
  416: 'Range Not Satisfiable',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

function kindOf(status: number): ErrorKind {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not-found';
  if (status === 429 || status >= 500) return 'unavailable';
  return 'invalid';
}

/** `code: message` of each error that a body lists; undefined when it lists none. */
function errorsOf(text: string): string | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  const list = (document as { errors?: unknown } | null)?.errors;
  if (!Array.isArray(list) || list.length === 0) return undefined;
  const words = list.slice(0, 5).map((item: { code?: unknown; message?: unknown } | null) => {
    const code = typeof item?.code === 'string' ? item.code.toLowerCase().replaceAll('_', ' ') : 'unknown';
    const message = typeof item?.message === 'string' && item.message !== '' ? item.message : code;
    return `${code}: ${message}`;
  });
  return words.join('\n');
}

/** The code of the first error that a body lists, `MANIFEST_UNKNOWN`. */
function firstCode(text: string): string | undefined {
  const { errors } = JSON.parse(text) as { errors: { code?: unknown }[] };
  return typeof errors[0]?.code === 'string' ? errors[0].code : undefined;
}
