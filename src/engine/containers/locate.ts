import { type EngineContext, pathsOf } from '../context.ts';
import { isReadable } from '../log-drivers/log-plan.ts';
import type { ContainerRow } from '../state/container-row.ts';
import type { LocatedContainer } from './api.ts';
import { cgroupPathOf } from './container-config.ts';
import { inspectRow } from './inspect.ts';

/** Where the parts of a container are. */
export function locateRow(context: EngineContext, row: ContainerRow): LocatedContainer {
  const paths = pathsOf(context.root, row.id);
  const running = row.status === 'running' || row.status === 'paused';
  return {
    id: row.id,
    name: row.name,
    running,
    paused: row.status === 'paused',
    pid: running ? row.pid : 0,
    tty: row.spec.config.Tty,
    networkMode: row.hostConfig.NetworkMode,
    imageId: row.imageId,
    directory: paths.directory,
    runDirectory: paths.runDirectory,
    logPath: paths.log,
    logReadable: isReadable(row),
    logOptions: row.hostConfig.LogConfig.Config,
    cgroupPath: cgroupPathOf(row.id, row.hostConfig),
    labels: row.spec.config.Labels,
    image: row.spec.config.Image,
    inspect: () => inspectRow(context, row),
  };
}
