import { BerthError, type ErrorKind } from '#base/errors.ts';

/** Failures of a registry by the names that its clients know them by; the code of the error is `registry.` and the name in small letters. */
export type RegistryFailure =
  | 'blob-unknown'
  | 'blob-upload-invalid'
  | 'blob-upload-unknown'
  | 'digest-invalid'
  | 'manifest-blob-unknown'
  | 'manifest-invalid'
  | 'manifest-unknown'
  | 'name-unknown'
  | 'range'
  | 'size-invalid'
  | 'too-large'
  | 'full';

const KINDS: Readonly<Record<RegistryFailure, ErrorKind>> = {
  'blob-unknown': 'not-found',
  'blob-upload-invalid': 'invalid',
  'blob-upload-unknown': 'not-found',
  'digest-invalid': 'invalid',
  'manifest-blob-unknown': 'not-found',
  'manifest-invalid': 'invalid',
  'manifest-unknown': 'not-found',
  'name-unknown': 'not-found',
  range: 'invalid',
  'size-invalid': 'invalid',
  'too-large': 'invalid',
  full: 'unavailable',
};

/** @param details facts for the client */
export function registryFailure(
  failure: RegistryFailure,
  message: string,
  details: Readonly<Record<string, string | number | boolean>> = {},
): BerthError {
  return new BerthError(KINDS[failure], `registry.${failure}`, message, { details });
}
