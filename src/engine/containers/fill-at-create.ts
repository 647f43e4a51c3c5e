import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';
import type { RootfsMount } from '#spec/rootfs.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { layersOf } from './container-config.ts';
import type { StartMount } from './start-mounts.ts';

/** True when the image seems to have something in that directory; a wrong answer is put right when the container starts. */
function hasContent(layers: readonly string[], path: string): boolean {
  return layers.some((layer) => {
    try {
      return lstatSync(`${layer}${path}`).isDirectory() && readdirSync(`${layer}${path}`).length > 0;
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return false;
      throw error;
    }
  });
}

/**
 * Fills the volumes of a new container from its image, as Docker does at the creation already: others may use what a container
 * that never starts brought along. The keeper does it, in a mount namespace of its own; nothing else is started.
 *
 * @param row the container, not yet shown to anybody
 * @throws PlanError when the copy fails
 */
export async function fillAtCreate(context: EngineContext, row: ContainerRow, rootfs: RootfsMount): Promise<void> {
  const layers = layersOf(rootfs);
  const wanting = row.spec.mounts.filter(
    ({ type, copyUp, destination }) => type === 'volume' && copyUp && hasContent(layers, destination),
  );
  if (wanting.length === 0) return;
  const [{ startMounts }, { fillPlan }, { launch }] = await Promise.all([
    import('./start-mounts.ts'),
    import('./fill-plan.ts'),
    import('#sys/keeper/launch.ts'),
  ]);
  const spec = { ...row.spec, mounts: wanting };
  const mounts = (await startMounts(context, { ...row, spec }, rootfs, 'start')).filter(isFilledNow);
  if (mounts.length === 0) return;
  const { directory, runDirectory } = pathsOf(context.root, row.id);
  mkdirSync(runDirectory, { recursive: true, mode: 0o700 });
  try {
    const launched = await launch(fillPlan({ id: row.id, directory, runDirectory, rootfs, mounts }));
    await launched.abort();
  } finally {
    rmSync(runDirectory, { recursive: true, force: true });
  }
}

/** What is mounted for the container alone is empty again at its start. */
function isFilledNow({ fill, driver }: StartMount): boolean {
  return fill !== undefined && (driver === undefined || driver.type === 'bind');
}
