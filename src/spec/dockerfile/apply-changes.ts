import { BerthError } from '#base/errors.ts';
import type { ImageRunConfig } from '../docker-api/images.ts';

export function applyChanges(config: ImageRunConfig, changes: readonly string[]): ImageRunConfig {
  if (changes.length > 0) throw new BerthError('unsupported', 'changes', 'changes are not supported yet');
  return config;
}
