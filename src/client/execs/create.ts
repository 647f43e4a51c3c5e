import type { ExecConfig, ExecCreateResponse } from '#spec/docker-api/containers.ts';
import type { Api } from '../api.ts';
import { segment, sendForJson } from '../api.ts';

/** @throws not-found, conflict when the container does not run or is paused */
export function createExec(
  api: Api,
  containerRef: string,
  config: ExecConfig,
  abort?: AbortSignal,
): Promise<ExecCreateResponse> {
  const path = `/containers/${segment(containerRef)}/exec`;
  return sendForJson(api, { method: 'POST', path, body: { kind: 'json', value: config }, abort });
}
