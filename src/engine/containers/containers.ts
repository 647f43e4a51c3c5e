import { BerthError, isBerthError } from '#base/errors.ts';
import { parseLinuxSignal } from '#base/signals.ts';
import { resize } from '#sys/keeper/attach.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import { removeLink } from '../networks/links.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { isTokenAlive } from '../state/process-token.ts';
import type { Containers } from './api.ts';
import { attachContainer } from './attach.ts';
import { createContainer } from './create.ts';
import { containerEvent } from './events.ts';
import { explainContainer } from './explain.ts';
import { handleExit } from './handle-exit.ts';
import { inspectRow } from './inspect.ts';
import { listContainers } from './list.ts';
import { locateRow } from './locate.ts';
import { requireRunning } from './not-running.ts';
import { pauseContainer, unpauseContainer } from './pause.ts';
import { pruneContainers } from './prune.ts';
import { removeContainer } from './remove.ts';
import { renameContainer } from './rename.ts';
import { isStale } from './settle.ts';
import { signalContainer } from './signal-container.ts';
import { startContainer } from './start.ts';
import { killRunning, stopRunning } from './stop.ts';
import { updateContainer } from './update.ts';
import { armWait } from './wait.ts';
import { wrapFailure } from './wrap-failure.ts';

const SIGKILL = 9;

/**
 * The row a user means, made true first.
 *
 * @throws not-found with the user's own words in the message
 */
export async function currentRow(context: EngineContext, ref: string): Promise<ContainerRow> {
  const notFound = () => new BerthError('not-found', 'container.not-found', `No such container: ${ref}`);
  const id = context.containers.resolve(ref);
  const row = context.containers.get(id);
  if (row === undefined) throw notFound();
  // Somebody is at work on it: what the row says now is as true as anything.
  if (!isStale(context, row) || (row.lock !== null && isTokenAlive(row.lock))) {
    if (row.status === 'creating') throw notFound();
    return row;
  }
  try {
    await handleExit(context, id);
  } catch (error) {
    if (isBerthError(error, 'not-found')) throw notFound();
    throw error;
  }
  return context.containers.get(id) ?? row;
}

function isUp(row: ContainerRow): boolean {
  return row.status === 'running' || row.status === 'paused' || row.status === 'restarting';
}

/** Containers of an opened engine. */
export function createContainers(context: EngineContext): Containers {
  const row = (ref: string) => currentRow(context, ref);
  return {
    create: (request, options = {}) => createContainer(context, request, options),
    explain: (request, options = {}) => explainContainer(context, request, options),
    start: async (ref) => startContainer(context, (await row(ref)).id, 'user'),
    stop: async (ref, options = {}) => {
      const found = await row(ref);
      if (!isUp(found)) throw new BerthError('not-modified', 'container.stopped', 'container is already stopped');
      try {
        await stopRunning(context, found.id, options);
      } catch (error) {
        throw wrapFailure(`cannot stop container: ${ref}`, error);
      }
    },
    restart: async (ref, options = {}) => {
      const found = await row(ref);
      try {
        if (isUp(found)) {
          if (found.hostConfig.AutoRemove) context.containers.patch(found.id, { restarter: context.token });
          await stopRunning(context, found.id, options);
        }
        await startContainer(context, found.id, 'user');
      } catch (error) {
        if (isBerthError(error, 'not-modified')) return;
        throw wrapFailure(`Cannot restart container ${ref}`, error);
      }
      context.emit(containerEvent(found, 'restart'));
      context.feed.announce();
    },
    kill: async (ref, name) => {
      try {
        const signal = name === undefined || name === '' ? SIGKILL : parseLinuxSignal(name);
        const { id } = await row(ref);
        if (signal === SIGKILL) await killRunning(context, id);
        else await signalContainer(context, id, signal);
      } catch (error) {
        throw wrapFailure(`cannot kill container: ${ref}`, error);
      }
    },
    pause: async (ref) => pauseContainer(context, (await row(ref)).id),
    unpause: async (ref) => unpauseContainer(context, (await row(ref)).id),
    wait: async (ref, condition = 'not-running', signal) => {
      const found = await row(ref);
      const stop = signal === undefined ? context.closing : AbortSignal.any([signal, context.closing]);
      return { done: armWait(context, found, condition, stop) };
    },
    remove: async (ref, options = {}) => {
      if (options.link) return removeLink(context, ref);
      await removeContainer(context, (await row(ref)).id, ref, options);
    },
    rename: async (ref, name) => renameContainer(context, (await row(ref)).id, name),
    update: async (ref, request) => updateContainer(context, (await row(ref)).id, request),
    inspect: async (ref, options = {}) => {
      const found = await row(ref);
      const description = inspectRow(context, found);
      if (!options.size) return description;
      const sizes = await context.images.sizes(found.id);
      return { ...description, SizeRw: sizes.rw, SizeRootFs: sizes.rootFs };
    },
    list: (query = {}) => listContainers(context, query),
    attach: async (ref, options) => {
      const found = await row(ref);
      const attachment = await attachContainer(context, found, ref, options);
      context.emit(containerEvent(found, 'attach'));
      return attachment;
    },
    resize: async (ref, size) => {
      const found = await row(ref);
      requireRunning(found);
      await resize(pathsOf(context.root, found.id).runDirectory, size);
      context.emit(containerEvent(found, 'resize', { height: String(size.rows), width: String(size.cols) }));
      context.feed.announce();
    },
    prune: (filters = {}) => pruneContainers(context, filters),
    locate: async (ref) => locateRow(context, await row(ref)),
  };
}
