import { mkdirSync, rmSync } from 'node:fs';
import type { EngineContext } from '../context.ts';

/** Makes the directory of an anonymous volume, owned by a row. */
export function makeVolume(context: EngineContext, name: string, createdNs: bigint, containerId: string): void {
  context.volumes.insert(name, createdNs, containerId);
  mkdirSync(`${context.root}/volumes/${name}/_data`, { recursive: true, mode: 0o755 });
}

/** Removes an anonymous volume with what is in it; nothing happens when there is none. */
export function removeVolume(context: EngineContext, name: string): void {
  rmSync(`${context.root}/volumes/${name}`, { recursive: true, force: true });
  context.volumes.delete(name);
}
