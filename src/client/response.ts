/** Turns responses of a transport into values: errors are thrown, bodies decoded whichever way they arrive. */
import { Readable } from 'node:stream';
import type { ErrorKind } from '#base/errors.ts';
import { BerthError } from '#base/errors.ts';
import type { ApiErrorBody, ApiResponse } from '#spec/docker-api/exchange.ts';
import { parseJsonLines } from './json-lines.ts';

const KINDS: Readonly<Record<number, ErrorKind>> = {
  304: 'not-modified',
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  501: 'unsupported',
  503: 'unavailable',
  504: 'timeout',
};

async function readAll(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** The whole body as text. */
export async function bodyText(response: ApiResponse): Promise<string> {
  const { body } = response;
  switch (body.kind) {
    case 'empty':
      return '';
    case 'text':
      return body.text;
    case 'json':
      return JSON.stringify(body.value);
    case 'stream':
    case 'upgraded':
      return readAll(body.stream);
    case 'lines': {
      let text = '';
      for await (const item of body.items) text += `${JSON.stringify(item)}\n`;
      return text;
    }
  }
}

/** The body as one JSON document. The shape is the engine's promise (its responses are validated in its own tests). */
export async function bodyJson<T>(response: ApiResponse): Promise<T> {
  if (response.body.kind === 'json') return response.body.value as T;
  return JSON.parse(await bodyText(response)) as T;
}

async function* single<T>(response: ApiResponse): AsyncGenerator<T, void, undefined> {
  yield await bodyJson<T>(response);
}

/** The body as a sequence of JSON documents. */
export function bodyLines<T>(response: ApiResponse): AsyncIterable<T> {
  const { body } = response;
  if (body.kind === 'lines') return body.items as AsyncIterable<T>;
  if (body.kind === 'stream') return parseJsonLines<T>(body.stream);
  return single<T>(response);
}

/** The body as bytes. */
export function bodyStream(response: ApiResponse): Readable {
  const { body } = response;
  if (body.kind === 'stream' || body.kind === 'upgraded') return body.stream;
  if (body.kind === 'text') return Readable.from([Buffer.from(body.text)], { objectMode: false });
  if (body.kind === 'empty') return Readable.from([], { objectMode: false });
  throw new Error(`a byte stream was expected, the body is ${body.kind}`);
}

/** Ends a response whose body nobody wants. */
export function discardBody(response: ApiResponse): void {
  const { body } = response;
  if (body.kind === 'stream') body.stream.resume();
  if (body.kind === 'upgraded') body.stream.destroy();
}

/** The error that a response with a status of 400 and more stands for: the API's message, the matching kind. */
export async function errorOf(response: ApiResponse): Promise<BerthError> {
  const text = await bodyText(response);
  let body: ApiErrorBody = { message: text.trim() };
  try {
    body = JSON.parse(text) as ApiErrorBody;
  } catch {
    // Old engines and proxies answer in plain text: the text is the message.
  }
  const kind = KINDS[response.status] ?? (response.status < 500 ? 'invalid' : 'internal');
  const message = body.message || `request returned status ${response.status} without a message`;
  return new BerthError(kind, body.code ?? `api.status-${response.status}`, message, {
    ...(body.hint === undefined ? {} : { hint: body.hint }),
    details: { status: response.status },
  });
}
