import type { ContainerMount } from '../containers/mount-spec.ts';
import type { EngineEvent } from '../context.ts';

/** An event about a volume. The one driver is `local`. */
export function volumeEvent(
  name: string,
  action: string,
  extra: Readonly<Record<string, string>> = {},
  timeNs?: bigint,
): EngineEvent {
  return {
    type: 'volume',
    action,
    id: name,
    attributes: { ...extra, driver: 'local' },
    ...(timeNs === undefined ? {} : { timeNs }),
  };
}

/** The events of a container's volumes when it starts (`mount`) or has ended (`unmount`). */
export function mountEvents(
  containerId: string,
  mounts: readonly ContainerMount[],
  action: 'mount' | 'unmount',
  timeNs: bigint,
): EngineEvent[] {
  return mounts
    .filter(({ type }) => type === 'volume')
    .map((mount) => {
      const where = {
        container: containerId,
        destination: mount.destination,
        propagation: mount.propagation,
        'read/write': String(!mount.readOnly),
      };
      return volumeEvent(mount.name, action, action === 'mount' ? where : { container: containerId }, timeNs);
    });
}
