import type { ManifestListPush, RemoteDocument } from '#spec/docker-api/registries.ts';
import type { Api } from '../api.ts';
import { imageSegment, sendForJson } from '../api.ts';

export interface ManifestOptions {
  /** The registry may be spoken to without TLS. */
  readonly insecure?: boolean | undefined;
  /** Value of `X-Registry-Auth`. */
  readonly registryAuth?: string | undefined;
}

const headersOf = ({ registryAuth }: ManifestOptions) =>
  registryAuth === undefined ? {} : { 'x-registry-auth': registryAuth };

/** A manifest or a list of a registry as it is; Berth's own call. @throws not-found */
export function remoteDocument(
  api: Api,
  name: string,
  options: ManifestOptions = {},
  abort?: AbortSignal,
): Promise<RemoteDocument> {
  const path = `/distribution/${imageSegment(name)}/manifest`;
  return sendForJson(api, {
    method: 'GET',
    path,
    query: { insecure: options.insecure },
    headers: headersOf(options),
    abort,
  });
}

/** Stores a manifest list in a registry, with what it lists; Berth's own call. */
export function pushManifestList(
  api: Api,
  name: string,
  list: ManifestListPush,
  options: ManifestOptions = {},
  abort?: AbortSignal,
): Promise<{ readonly Digest: string }> {
  return sendForJson(api, {
    method: 'PUT',
    path: `/distribution/${imageSegment(name)}/manifest`,
    query: { insecure: options.insecure },
    headers: headersOf(options),
    body: { kind: 'json', value: list },
    abort,
  });
}
