import type { ExecInspect } from '#spec/docker-api/containers.ts';
import type { Api } from '../api.ts';
import { segment, sendForJson } from '../api.ts';

export function inspectExec(api: Api, id: string, abort?: AbortSignal): Promise<ExecInspect> {
  return sendForJson(api, { method: 'GET', path: `/exec/${segment(id)}/json`, abort });
}
