/** Flags of docker's commands that talk to registries, read from the help of the client this table follows (28.2.2). Data only. */
import type { FlagSpec } from '../flag.ts';

export const PULL_FLAGS: readonly FlagSpec[] = [
  { name: 'all-tags', short: 'a', usage: 'Download all tagged images in the repository' },
  { name: 'disable-content-trust', usage: 'Skip image verification', default: 'true' },
  { name: 'platform', type: 'string', usage: 'Set platform if server is multi-platform capable' },
  { name: 'quiet', short: 'q', usage: 'Suppress verbose output' },
];
