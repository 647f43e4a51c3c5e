import type { CommandRow } from './command-row.ts';
import { atLeast, atMost, exactly, range } from './command-row.ts';

/** Commands that talk to registries. */
export const REGISTRY_COMMANDS: readonly CommandRow[] = [
  {
    names: ['image copy'],
    use: '[OPTIONS] SOURCE DESTINATION',
    summary: 'Copy an image between registries, layouts, archives and the local store',
    description: `Copy an image between registries, layouts, archives and the local store

SOURCE and DESTINATION are the name of an image here, or one of
  docker://NAME[:TAG|@DIGEST]   an image in a registry
  oci:FOLDER[:TAG]              an OCI image layout
  oci-archive:FILE[:TAG]        an archive of one
  docker-archive:FILE[:NAME]    an archive as docker save writes it

Between two places that are not the local store everything is copied byte for
byte, for all platforms, and nothing is stored here.`,
    args: exactly(2),
    own: true,
  },
  {
    names: ['login'],
    use: '[OPTIONS] [SERVER]',
    summary: 'Authenticate to a registry',
    description: 'Authenticate to a registry.\nDefaults to Docker Hub if no server is specified.',
    args: atMost(1),
  },
  {
    names: ['logout'],
    use: '[SERVER]',
    summary: 'Log out from a registry',
    description: 'Log out from a registry.\nIf no server is specified, the default is defined by the daemon.',
    args: atMost(1),
  },
  {
    names: ['manifest annotate'],
    use: '[OPTIONS] MANIFEST_LIST MANIFEST',
    summary: 'Add additional information to a local image manifest',
    args: exactly(2),
  },
  {
    names: ['manifest create'],
    use: 'MANIFEST_LIST MANIFEST [MANIFEST...]',
    summary: 'Create a local manifest list for annotating and pushing to a registry',
    args: atLeast(2),
  },
  {
    names: ['manifest inspect'],
    use: '[OPTIONS] [MANIFEST_LIST] MANIFEST',
    summary: 'Display an image manifest, or manifest list',
    args: range(1, 2),
  },
  {
    names: ['manifest push'],
    use: '[OPTIONS] MANIFEST_LIST',
    summary: 'Push a manifest list to a repository',
    args: exactly(1),
  },
  {
    names: ['manifest rm'],
    use: 'MANIFEST_LIST [MANIFEST_LIST...]',
    summary: 'Delete one or more manifest lists from local storage',
    args: atLeast(1),
  },
  {
    names: ['pull', 'image pull'],
    aliases: ['image pull', 'pull'],
    use: '[OPTIONS] NAME[:TAG|@DIGEST]',
    summary: 'Download an image from a registry',
    args: exactly(1),
  },
  {
    names: ['push', 'image push'],
    aliases: ['image push', 'push'],
    use: '[OPTIONS] NAME[:TAG]',
    summary: 'Upload an image to a registry',
    args: exactly(1),
  },
  {
    names: ['search'],
    use: '[OPTIONS] TERM',
    summary: 'Search Docker Hub for images',
    args: exactly(1),
  },
];
