/** What a handler sees of a request: parameters, query values in docker's forms, the body. */
import { Readable } from 'node:stream';
import { BerthError, messageOf } from '#base/errors.ts';
import type { ApiRequest } from '#spec/docker-api/exchange.ts';

/** More than any real configuration; protects the engine's memory. */
const MAXIMUM_JSON_BYTES = 16 * 1024 * 1024;

function invalid(message: string, cause?: unknown): BerthError {
  return new BerthError('invalid', 'api.request', message, { cause });
}

/** What V8 says about a place, and what Go says. */
const PLACES: readonly (readonly [string, string])[] = [
  ['property name', 'looking for beginning of object key string'],
  ["Expected ':'", 'after object key'],
  ["',' or '}'", 'after object key:value pair'],
  ["',' or ']'", 'after array element'],
  ['control character', 'in string literal'],
  ['escaped character', 'in string escape code'],
];

/** What is wrong with a document, in the words of Go's parser as far as V8 tells. */
function goJsonError(text: string, message: string): string {
  if (/after JSON/.test(message)) return 'unexpected content after JSON';
  const at = Number(/ at position (\d+)/.exec(message)?.[1] ?? Number.NaN);
  if (/end of JSON|Unterminated/.test(message) || at >= text.trimEnd().length) return 'invalid JSON: unexpected EOF';
  const where = PLACES.find(([said]) => message.includes(said))?.[1] ?? 'looking for beginning of value';
  const character = Number.isNaN(at) ? /^Unexpected token '(.+?)',/s.exec(message)?.[1] : text[at];
  return character === undefined
    ? `invalid JSON: ${message}`
    : `invalid JSON: invalid character '${character}' ${where}`;
}

async function readLimited(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += (chunk as Buffer).length;
    if (size > MAXIMUM_JSON_BYTES) throw invalid(`request body is larger than ${MAXIMUM_JSON_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** One request, read the way docker's router reads it. */
export class RequestContext {
  readonly request: ApiRequest;
  readonly parameters: Readonly<Record<string, string>>;
  /** The API version the client speaks, `1.50` when its path names none. */
  readonly version: string;

  constructor(request: ApiRequest, parameters: Readonly<Record<string, string>>, version: string) {
    this.request = request;
    this.parameters = parameters;
    this.version = version;
  }

  get abort(): AbortSignal | undefined {
    return this.request.abort;
  }

  /** A parameter of the path; the template guarantees it. */
  parameter(name: string): string {
    const value = this.parameters[name];
    if (value === undefined) throw new Error(`the route has no parameter ${name}`);
    return value;
  }

  /** The first value of a query parameter; absent and empty are the same to docker's API. */
  text(name: string): string | undefined {
    const value = this.request.query?.[name];
    const first = typeof value === 'object' ? value[0] : value;
    if (first === undefined || first === '') return undefined;
    return String(first);
  }

  texts(name: string): readonly string[] {
    const value = this.request.query?.[name];
    if (value === undefined || value === '') return [];
    return typeof value === 'object' ? value : [String(value)];
  }

  /** True for everything but nothing, `0`, `no`, `false` and `none`, as docker reads flags. */
  flag(name: string): boolean {
    return !['', '0', 'no', 'false', 'none'].includes((this.text(name) ?? '').trim().toLowerCase());
  }

  flagOr(name: string, absent: boolean): boolean {
    return this.text(name) === undefined ? absent : this.flag(name);
  }

  /** @throws invalid with Go's words when it is no whole number */
  integer(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^[+-]?\d{1,19}$/.test(value)) throw invalid(`strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`);
    return Number(value);
  }

  /** The body as JSON. @throws invalid when it is no JSON or its content type says something else */
  async json(options: { readonly optional?: boolean } = {}): Promise<unknown> {
    const { body } = this.request;
    if (body === undefined) return this.#missing(options);
    if (body.kind === 'json') return body.value;
    const text = await readLimited(body.stream);
    if (text.trim() === '') return this.#missing(options);
    const type = body.contentType.split(';')[0]!.trim().toLowerCase();
    if (type !== 'application/json')
      throw invalid(`unsupported Content-Type header (${body.contentType}): must be 'application/json'`);
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw invalid(goJsonError(text, messageOf(error)), error);
    }
  }

  /** The body as bytes; none when there is no body. */
  bytes(): Readable {
    const { body } = this.request;
    return body?.kind === 'stream' ? body.stream : Readable.from([], { objectMode: false });
  }

  #missing(options: { readonly optional?: boolean }): undefined {
    if (options.optional) return undefined;
    throw invalid('invalid JSON: got EOF while reading request body');
  }
}
