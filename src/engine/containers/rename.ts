import { BerthError } from '#base/errors.ts';
import type { EngineContext } from '../context.ts';
import { containerEvent } from './events.ts';
import { nameConflict, parseContainerName } from './names.ts';
import { settle } from './settle.ts';
import { wrapFailure } from './wrap-failure.ts';

/** Gives a container another name. @throws conflict when it is taken, invalid when it is none or its own */
export async function renameContainer(context: EngineContext, id: string, name: string): Promise<void> {
  const wanted = name.trim();
  if (wanted.replace(/^\//, '') === '') {
    throw new BerthError('invalid', 'container.no-name', 'Neither old nor new names may be empty');
  }
  using held = await context.locks.acquire(id);
  const row = await settle(context, held.row);
  const bare = wanted.replace(/^\//, '');
  if (bare === row.name) {
    throw new BerthError(
      'invalid',
      'container.same-name',
      'Renaming a container with the same name as its current name',
    );
  }
  context.sql.transaction(() => {
    const free = freeName(context, wanted);
    context.containers.patch(id, { name: free });
    context.emit(containerEvent({ ...row, name: free }, 'rename', { oldName: `/${row.name}` }));
  });
  if (row.status === 'running' || row.status === 'paused') {
    // Not on the path of other commands: it brings what starts networks.
    const { refreshNames } = await import('../networks/container-names.ts');
    await refreshNames(context, id);
  }
  context.feed.announce();
}

function freeName(context: EngineContext, wanted: string): string {
  try {
    // Docker tells the name with the slash that it stores.
    const name = parseContainerName(`/${wanted.replace(/^\//, '')}`);
    const owner = context.containers.idOfName(name);
    if (owner !== undefined) throw nameConflict(name, owner);
    return name;
  } catch (error) {
    throw wrapFailure('Error when allocating new name', error);
  }
}
