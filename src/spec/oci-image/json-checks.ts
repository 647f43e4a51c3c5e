import { BerthError } from '#base/errors.ts';
import { DOCUMENT_BYTES_MAX } from './limits.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function invalidDocument(message: string): BerthError {
  return new BerthError('invalid', 'image.invalid-document', message);
}

/** @throws invalid when the text is too long or no JSON object */
export function parseJsonObject(text: string, what: string): JsonObject {
  return asObject(parseJson(text, what), what);
}

/** @throws invalid when the text is too long or no JSON */
export function parseJson(text: string, what: string): unknown {
  if (text.length > DOCUMENT_BYTES_MAX) throw invalidDocument(`${what}: larger than ${DOCUMENT_BYTES_MAX} bytes`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BerthError('invalid', 'image.invalid-document', `${what}: not valid JSON`, { cause: error });
  }
}

export function asObject(value: unknown, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidDocument(`${what}: not an object`);
  return value as JsonObject;
}

export function asArray(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalidDocument(`${what}: not a list`);
  return value;
}

export function asString(value: unknown, what: string): string {
  if (typeof value !== 'string') throw invalidDocument(`${what}: not a string`);
  return value;
}

export function asOptionalString(value: unknown, what: string): string | undefined {
  return value === undefined || value === null ? undefined : asString(value, what);
}

export function asSize(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw invalidDocument(`${what}: not a size`);
  return value;
}
