import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';
import type { RootfsMount } from '#spec/rootfs.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { layersOf } from './container-config.ts';
import type { StartMount } from './start-mounts.ts';

/** Mode of a new volume's directory, which is root's. */
const NEW_MODE = 0o755;

/**
 * True when the image's directory seems to differ from that of a new volume, by what is in it, its owner or its mode; a wrong
 * answer is put right when the container starts.
 */
function isSpecial(layers: readonly string[], path: string): boolean {
  return layers.some((layer) => {
    try {
      const stat = lstatSync(`${layer}${path}`);
      if (!stat.isDirectory()) return false;
      const isPlain = stat.uid === 0 && stat.gid === 0 && (stat.mode & 0o7777) === NEW_MODE;
      return !isPlain || readdirSync(`${layer}${path}`).length > 0;
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
    ({ type, copyUp, destination }) => type === 'volume' && copyUp && isSpecial(layers, destination),
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
