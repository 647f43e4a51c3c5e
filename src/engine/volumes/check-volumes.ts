import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StateFinding } from '#spec/docker-api/system.ts';
import type { EngineContext } from '../context.ts';
import { isTokenAlive } from '../state/process-token.ts';
import { sweepVolumes, unownedDirectories } from './sweep-volumes.ts';
import { dataDirectory, volumesDirectory } from './volume-directory.ts';

/**
 * Checks that volumes and their directories agree.
 *
 * @param repair also finishes what killed processes began, removes what belongs to nothing and makes missing directories, empty
 */
export async function checkVolumes(context: EngineContext, repair: boolean): Promise<StateFinding[]> {
  const findings = context.sql.transaction(() => [...unfinished(context), ...missing(context), ...unowned(context)]);
  if (!repair) return findings;
  await sweepVolumes(context);
  for (const { name, status } of context.volumes.all()) {
    if (status === 'ready') mkdirSync(dataDirectory(context.root, name), { recursive: true, mode: 0o755 });
  }
  return findings.map((finding) => ({ ...finding, Repaired: true }));
}

function finding(Code: string, Subject: string, Message: string): StateFinding {
  return { Code, Subject, Message, Repaired: false };
}

function* unfinished(context: EngineContext): Iterable<StateFinding> {
  for (const { name, directory, status, remover } of context.volumes.all()) {
    if (status === 'removing' && !isTokenAlive(remover)) {
      yield finding('volume.unfinished', name, 'its removal was interrupted');
    } else if (directory !== name) {
      yield finding('volume.unfinished', name, `its renaming from ${directory} was interrupted`);
    }
  }
}

function* missing(context: EngineContext): Iterable<StateFinding> {
  for (const { name, directory, status } of context.volumes.all()) {
    const path = dataDirectory(context.root, directory);
    if (status === 'ready' && !existsSync(path) && !existsSync(dataDirectory(context.root, name))) {
      yield finding('volume.missing', name, `its directory ${path} is missing`);
    }
  }
}

function* unowned(context: EngineContext): Iterable<StateFinding> {
  for (const name of unownedDirectories(context)) {
    yield finding('file.orphaned', join(volumesDirectory(context.root), name), 'belongs to nothing');
  }
}
