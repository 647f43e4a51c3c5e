import { explain } from '#runtime/explain/explain.ts';
import type { ContainerCreateRequest } from '#spec/docker-api/containers.ts';
import type { EngineContext } from '../context.ts';
import { networkPreview } from '../networks/container-network.ts';
import { previewEndpoints } from '../networks/preview-endpoints.ts';
import type { ContainerRow } from '../state/container-row.ts';
import type { CreateOptions } from './api.ts';
import { containerLaunchPlan } from './container-plan.ts';
import { draftContainer, specOf } from './create.ts';
import { publishesPorts } from './namespace-mode.ts';
import { rootOfRun } from './root-of-run.ts';

/**
 * What creating and starting a container would ask of the kernel, in plain words. Nothing is created.
 *
 * @throws what create throws, and what would make the start impossible
 */
export async function explainContainer(
  context: EngineContext,
  request: ContainerCreateRequest,
  options: CreateOptions,
): Promise<string> {
  const draft = await draftContainer(context, request, options);
  const row: ContainerRow = {
    id: draft.id,
    name: options.name ?? '',
    createdNs: 0n,
    imageId: draft.image.id,
    spec: specOf(context.root, draft),
    hostConfig: draft.host,
    status: 'created',
    lock: null,
    bootId: '',
    pid: 0,
    pidStart: '',
    keeperPid: 0,
    keeperStart: '',
    exitCode: 0,
    oomKilled: false,
    error: '',
    startedAt: '',
    finishedAt: '',
    starts: 0,
    exits: 0,
    restartCount: 0,
    restartDelayMs: 0,
    restartAtMs: 0,
    restarter: '',
    stoppedByUser: false,
    health: null,
  };
  const rootfs = rootOfRun(context.images.preview(draft.id, draft.image.id), row);
  const endpoints = previewEndpoints(context, row, draft.endpoints);
  const ranges = publishesPorts(row.hostConfig)
    ? (await import('../ports/lease-ports.ts')).previewPorts(context, row, endpoints)
    : [];
  return explain(
    await containerLaunchPlan(context, row, rootfs, networkPreview(context, row, endpoints, ranges), 'explain'),
  );
}
