import type { EngineEvent } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';

/**
 * An event about a container with the attributes Docker gives: image, name and labels, and what is special to the action.
 *
 * @param timeNs when it happened, now when absent
 */
export function containerEvent(
  row: ContainerRow,
  action: string,
  extra: Readonly<Record<string, string>> = {},
  timeNs?: bigint,
): EngineEvent {
  const { config } = row.spec;
  return {
    type: 'container',
    action,
    id: row.id,
    attributes: { ...config.Labels, image: config.Image, name: row.name, ...extra },
    ...(timeNs === undefined ? {} : { timeNs }),
  };
}
