/** Flags of docker's commands that talk to registries, read from the help of the client this table follows (28.2.2). Data only. */
import type { FlagSpec } from '../flag.ts';

export const PULL_FLAGS: readonly FlagSpec[] = [
  { name: 'all-tags', short: 'a', usage: 'Download all tagged images in the repository' },
  { name: 'disable-content-trust', usage: 'Skip image verification', default: 'true' },
  { name: 'platform', type: 'string', usage: 'Set platform if server is multi-platform capable' },
  { name: 'quiet', short: 'q', usage: 'Suppress verbose output' },
];

export const PUSH_FLAGS: readonly FlagSpec[] = [
  { name: 'all-tags', short: 'a', usage: 'Push all tags of an image to the repository' },
  { name: 'disable-content-trust', usage: 'Skip image signing', default: 'true' },
  {
    name: 'platform',
    type: 'string',
    usage:
      "Push a platform-specific manifest as a single-platform image to the registry.\nImage index won't be pushed, meaning that other manifests, including attestations won't be preserved.\n'os[/arch[/variant]]': Explicit platform (eg. linux/amd64)",
  },
  { name: 'quiet', short: 'q', usage: 'Suppress verbose output' },
];

export const LOGIN_FLAGS: readonly FlagSpec[] = [
  { name: 'password', short: 'p', type: 'string', usage: 'Password or Personal Access Token (PAT)' },
  { name: 'password-stdin', usage: 'Take the Password or Personal Access Token (PAT) from stdin' },
  { name: 'username', short: 'u', type: 'string', usage: 'Username' },
];

export const SEARCH_FLAGS: readonly FlagSpec[] = [
  { name: 'filter', short: 'f', type: 'filter', usage: 'Filter output based on conditions provided' },
  { name: 'format', type: 'string', usage: 'Pretty-print search using a Go template' },
  { name: 'limit', type: 'int', usage: 'Max number of search results' },
  { name: 'no-trunc', usage: "Don't truncate output" },
];

export const IMAGE_COPY_FLAGS: readonly FlagSpec[] = [
  { name: 'platform', type: 'string', usage: 'Copy only the image for this platform, "os[/arch[/variant]]"' },
  { name: 'quiet', short: 'q', usage: 'Suppress verbose output' },
];

export const MANIFEST_ANNOTATE_FLAGS: readonly FlagSpec[] = [
  { name: 'arch', type: 'string', usage: 'Set architecture' },
  { name: 'os', type: 'string', usage: 'Set operating system' },
  { name: 'os-features', type: 'strings', usage: 'Set operating system feature' },
  { name: 'os-version', type: 'string', usage: 'Set operating system version' },
  { name: 'variant', type: 'string', usage: 'Set architecture variant' },
];

export const MANIFEST_CREATE_FLAGS: readonly FlagSpec[] = [
  { name: 'amend', short: 'a', usage: 'Amend an existing manifest list' },
  { name: 'insecure', usage: 'Allow communication with an insecure registry' },
];

export const MANIFEST_INSPECT_FLAGS: readonly FlagSpec[] = [
  { name: 'insecure', usage: 'Allow communication with an insecure registry' },
  { name: 'verbose', short: 'v', usage: 'Output additional info including layers and platform' },
];

export const MANIFEST_PUSH_FLAGS: readonly FlagSpec[] = [
  { name: 'insecure', usage: 'Allow push to an insecure registry' },
  { name: 'purge', short: 'p', usage: 'Remove the local manifest list after push' },
];
