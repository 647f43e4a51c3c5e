/** Facts about this client, for `version` and `info`. */
import { arch } from 'node:os';
import { VERSION } from '../version.ts';

/** The newest API version this client speaks. */
export const CLIENT_API_VERSION = '1.50';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** @param apiVersion what was agreed with the engine */
export function clientVersion(apiVersion: string | undefined): Readonly<Record<string, unknown>> {
  const machine = arch();
  return {
    Version: VERSION,
    ...(apiVersion === undefined ? {} : { ApiVersion: apiVersion }),
    DefaultAPIVersion: CLIENT_API_VERSION,
    GoVersion: `node${process.versions.node}`,
    Os: process.platform,
    Arch: ARCHITECTURES[machine] ?? machine,
    Context: 'default',
  };
}
