/** Every command's names, usage and arguments: data only, the one list that dispatch, help and completion read. */

/** How many positional arguments a command takes; `most` absent: any number. The kind decides the words of the complaint. */
export type ArgumentRule =
  | { readonly kind: 'none' }
  | { readonly kind: 'any' }
  | { readonly kind: 'exactly'; readonly count: number }
  | { readonly kind: 'at-least'; readonly least: number }
  | { readonly kind: 'at-most'; readonly most: number }
  | { readonly kind: 'range'; readonly least: number; readonly most: number };

export interface CommandRow {
  /** Where the command stands: at the top, in a group, or both. The first is its id. */
  readonly names: readonly [string, ...string[]];
  /** All ways to call it, in the order that help prints them. */
  readonly aliases?: readonly string[];
  /** Ways to call it that help does not tell. */
  readonly hiddenNames?: readonly string[];
  /** Usage after the name. */
  readonly use: string;
  readonly summary: string;
  /** Help's opening where it is longer than the summary. */
  readonly description?: string;
  readonly args: ArgumentRule;
  /** False: flags end at the first argument. */
  readonly interspersed?: false;
  /** Berth's own, not docker's. */
  readonly own?: true;
}

export interface GroupRow {
  readonly name: string;
  readonly summary: string;
}

/** A command of docker's that Berth does not have yet; it is listed, and refused by name. */
export interface UnavailableRow extends GroupRow {
  readonly section: 'command' | 'management' | 'swarm';
  /** What it belongs to, for the refusal. */
  readonly topic: string;
}

const NONE: ArgumentRule = { kind: 'none' };
const ANY: ArgumentRule = { kind: 'any' };
const exactly = (count: number): ArgumentRule => ({ kind: 'exactly', count });
const atLeast = (least: number): ArgumentRule => ({ kind: 'at-least', least });
const atMost = (most: number): ArgumentRule => ({ kind: 'at-most', most });
const range = (least: number, most: number): ArgumentRule => ({ kind: 'range', least, most });

export const COMMANDS: readonly CommandRow[] = [
  {
    names: ['attach', 'container attach'],
    aliases: ['container attach', 'attach'],
    use: '[OPTIONS] CONTAINER',
    summary: 'Attach local standard input, output, and error streams to a running container',
    args: exactly(1),
  },
  {
    names: ['commit', 'container commit'],
    aliases: ['container commit', 'commit'],
    use: '[OPTIONS] CONTAINER [REPOSITORY[:TAG]]',
    summary: "Create a new image from a container's changes",
    args: range(1, 2),
    interspersed: false,
  },
  {
    names: ['container inspect'],
    use: '[OPTIONS] CONTAINER [CONTAINER...]',
    summary: 'Display detailed information on one or more containers',
    args: atLeast(1),
  },
  {
    names: ['container prune'],
    use: '[OPTIONS]',
    summary: 'Remove all stopped containers',
    args: NONE,
  },
  {
    names: ['cp', 'container cp'],
    aliases: ['container cp', 'cp'],
    use: '[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tberth cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH',
    summary: 'Copy files/folders between a container and the local filesystem',
    description: `Copy files/folders between a container and the local filesystem

Use '-' as the source to read a tar archive from stdin
and extract it to a directory destination in a container.
Use '-' as the destination to stream a tar archive of a
container source to stdout.`,
    args: exactly(2),
  },
  {
    names: ['create', 'container create'],
    aliases: ['container create', 'create'],
    use: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
    summary: 'Create a new container',
    args: atLeast(1),
    interspersed: false,
  },
  {
    names: ['diff', 'container diff'],
    aliases: ['container diff', 'diff'],
    use: 'CONTAINER',
    summary: "Inspect changes to files or directories on a container's filesystem",
    args: exactly(1),
  },
  {
    names: ['events', 'system events'],
    aliases: ['system events', 'events'],
    use: '[OPTIONS]',
    summary: 'Get real time events from the server',
    args: NONE,
  },
  {
    names: ['exec', 'container exec'],
    aliases: ['container exec', 'exec'],
    use: '[OPTIONS] CONTAINER COMMAND [ARG...]',
    summary: 'Execute a command in a running container',
    args: atLeast(2),
    interspersed: false,
  },
  {
    names: ['export', 'container export'],
    aliases: ['container export', 'export'],
    use: '[OPTIONS] CONTAINER',
    summary: "Export a container's filesystem as a tar archive",
    args: exactly(1),
  },
  {
    names: ['history', 'image history'],
    aliases: ['image history', 'history'],
    use: '[OPTIONS] IMAGE',
    summary: 'Show the history of an image',
    args: exactly(1),
  },
  {
    names: ['image inspect'],
    use: '[OPTIONS] IMAGE [IMAGE...]',
    summary: 'Display detailed information on one or more images',
    args: atLeast(1),
  },
  {
    names: ['image prune'],
    use: '[OPTIONS]',
    summary: 'Remove unused images',
    args: NONE,
  },
  {
    names: ['images', 'image ls'],
    aliases: ['image ls', 'image list', 'images'],
    use: '[OPTIONS] [REPOSITORY[:TAG]]',
    summary: 'List images',
    args: atMost(1),
  },
  {
    names: ['import', 'image import'],
    aliases: ['image import', 'import'],
    use: '[OPTIONS] file|URL|- [REPOSITORY[:TAG]]',
    summary: 'Import the contents from a tarball to create a filesystem image',
    args: atLeast(1),
  },
  {
    names: ['info', 'system info'],
    aliases: ['system info', 'info'],
    use: '[OPTIONS]',
    summary: 'Display system-wide information',
    args: NONE,
  },
  {
    names: ['inspect'],
    use: '[OPTIONS] NAME|ID [NAME|ID...]',
    summary: 'Return low-level information on Docker objects',
    args: atLeast(1),
  },
  {
    names: ['kill', 'container kill'],
    aliases: ['container kill', 'kill'],
    use: '[OPTIONS] CONTAINER [CONTAINER...]',
    summary: 'Kill one or more running containers',
    args: atLeast(1),
  },
  {
    names: ['load', 'image load'],
    aliases: ['image load', 'load'],
    use: '[OPTIONS]',
    summary: 'Load an image from a tar archive or STDIN',
    args: NONE,
  },
  {
    names: ['logs', 'container logs'],
    aliases: ['container logs', 'logs'],
    use: '[OPTIONS] CONTAINER',
    summary: 'Fetch the logs of a container',
    args: exactly(1),
  },
  {
    names: ['pause', 'container pause'],
    aliases: ['container pause', 'pause'],
    use: 'CONTAINER [CONTAINER...]',
    summary: 'Pause all processes within one or more containers',
    args: atLeast(1),
  },
  {
    names: ['port', 'container port'],
    aliases: ['container port', 'port'],
    use: 'CONTAINER [PRIVATE_PORT[/PROTO]]',
    summary: 'List port mappings or a specific mapping for the container',
    args: range(1, 2),
  },
  {
    names: ['ps', 'container ls'],
    aliases: ['container ls', 'container list', 'container ps', 'ps'],
    use: '[OPTIONS]',
    summary: 'List containers',
    args: NONE,
  },
  {
    names: ['rename', 'container rename'],
    aliases: ['container rename', 'rename'],
    use: 'CONTAINER NEW_NAME',
    summary: 'Rename a container',
    args: exactly(2),
  },
  {
    names: ['restart', 'container restart'],
    aliases: ['container restart', 'restart'],
    use: '[OPTIONS] CONTAINER [CONTAINER...]',
    summary: 'Restart one or more containers',
    args: atLeast(1),
  },
  {
    names: ['rm', 'container rm'],
    aliases: ['container rm', 'container remove', 'rm'],
    hiddenNames: ['remove'],
    use: '[OPTIONS] CONTAINER [CONTAINER...]',
    summary: 'Remove one or more containers',
    args: atLeast(1),
  },
  {
    names: ['rmi', 'image rm'],
    aliases: ['image rm', 'image remove', 'rmi'],
    hiddenNames: ['image rmi'],
    use: '[OPTIONS] IMAGE [IMAGE...]',
    summary: 'Remove one or more images',
    args: atLeast(1),
  },
  {
    names: ['run', 'container run'],
    aliases: ['container run', 'run'],
    use: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
    summary: 'Create and run a new container from an image',
    args: atLeast(1),
    interspersed: false,
  },
  {
    names: ['save', 'image save'],
    aliases: ['image save', 'save'],
    use: '[OPTIONS] IMAGE [IMAGE...]',
    summary: 'Save one or more images to a tar archive (streamed to STDOUT by default)',
    args: atLeast(1),
  },
  {
    names: ['start', 'container start'],
    aliases: ['container start', 'start'],
    use: '[OPTIONS] CONTAINER [CONTAINER...]',
    summary: 'Start one or more stopped containers',
    args: atLeast(1),
  },
  {
    names: ['stats', 'container stats'],
    aliases: ['container stats', 'stats'],
    use: '[OPTIONS] [CONTAINER...]',
    summary: 'Display a live stream of container(s) resource usage statistics',
    args: ANY,
  },
  {
    names: ['stop', 'container stop'],
    aliases: ['container stop', 'stop'],
    use: '[OPTIONS] CONTAINER [CONTAINER...]',
    summary: 'Stop one or more running containers',
    args: atLeast(1),
  },
  {
    names: ['system df'],
    use: '[OPTIONS]',
    summary: 'Show berth disk usage',
    args: NONE,
  },
  {
    names: ['system fsck'],
    use: '[OPTIONS]',
    summary: 'Check that the database and the disk agree',
    args: NONE,
    own: true,
  },
  {
    names: ['system prune'],
    use: '[OPTIONS]',
    summary: 'Remove unused data',
    args: NONE,
  },
  {
    names: ['tag', 'image tag'],
    aliases: ['image tag', 'tag'],
    use: 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]',
    summary: 'Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE',
    args: exactly(2),
    interspersed: false,
  },
  {
    names: ['top', 'container top'],
    aliases: ['container top', 'top'],
    use: 'CONTAINER [ps OPTIONS]',
    summary: 'Display the running processes of a container',
    args: atLeast(1),
    interspersed: false,
  },
  {
    names: ['unpause', 'container unpause'],
    aliases: ['container unpause', 'unpause'],
    use: 'CONTAINER [CONTAINER...]',
    summary: 'Unpause all processes within one or more containers',
    args: atLeast(1),
  },
  {
    names: ['update', 'container update'],
    aliases: ['container update', 'update'],
    use: '[OPTIONS] CONTAINER [CONTAINER...]',
    summary: 'Update configuration of one or more containers',
    args: atLeast(1),
  },
  {
    names: ['version'],
    use: '[OPTIONS]',
    summary: 'Show the Berth version information',
    args: NONE,
  },
  {
    names: ['wait', 'container wait'],
    aliases: ['container wait', 'wait'],
    use: 'CONTAINER [CONTAINER...]',
    summary: 'Block until one or more containers stop, then print their exit codes',
    args: atLeast(1),
  },
];

export const GROUPS: readonly GroupRow[] = [
  { name: 'container', summary: 'Manage containers' },
  { name: 'image', summary: 'Manage images' },
  { name: 'system', summary: 'Manage Berth' },
];

export const UNAVAILABLE: readonly UnavailableRow[] = [
  { name: 'build', summary: 'Build an image from a Dockerfile', section: 'command', topic: 'builds' },
  { name: 'image build', summary: 'Build an image from a Dockerfile', section: 'command', topic: 'builds' },
  { name: 'pull', summary: 'Download an image from a registry', section: 'command', topic: 'registries' },
  { name: 'image pull', summary: 'Download an image from a registry', section: 'command', topic: 'registries' },
  { name: 'push', summary: 'Upload an image to a registry', section: 'command', topic: 'registries' },
  { name: 'image push', summary: 'Upload an image to a registry', section: 'command', topic: 'registries' },
  { name: 'login', summary: 'Authenticate to a registry', section: 'command', topic: 'registries' },
  { name: 'logout', summary: 'Log out from a registry', section: 'command', topic: 'registries' },
  { name: 'search', summary: 'Search Docker Hub for images', section: 'command', topic: 'registries' },
  { name: 'builder', summary: 'Manage builds', section: 'management', topic: 'builds' },
  { name: 'checkpoint', summary: 'Manage checkpoints', section: 'management', topic: 'checkpoints' },
  { name: 'context', summary: 'Manage contexts', section: 'management', topic: 'contexts' },
  {
    name: 'manifest',
    summary: 'Manage Docker image manifests and manifest lists',
    section: 'management',
    topic: 'registries',
  },
  { name: 'trust', summary: 'Manage trust on Docker images', section: 'management', topic: 'registries' },
  { name: 'network', summary: 'Manage networks', section: 'management', topic: 'networks' },
  { name: 'plugin', summary: 'Manage plugins', section: 'management', topic: 'plugins' },
  { name: 'volume', summary: 'Manage volumes', section: 'management', topic: 'volumes' },
  { name: 'config', summary: 'Manage Swarm configs', section: 'swarm', topic: 'Swarm' },
  { name: 'node', summary: 'Manage Swarm nodes', section: 'swarm', topic: 'Swarm' },
  { name: 'secret', summary: 'Manage Swarm secrets', section: 'swarm', topic: 'Swarm' },
  { name: 'service', summary: 'Manage Swarm services', section: 'swarm', topic: 'Swarm' },
  { name: 'stack', summary: 'Manage Swarm stacks', section: 'swarm', topic: 'Swarm' },
  { name: 'swarm', summary: 'Manage Swarm', section: 'swarm', topic: 'Swarm' },
];

/** The commands that help lists first, in this order. */
export const COMMON: readonly string[] = [
  'run',
  'exec',
  'ps',
  'build',
  'pull',
  'push',
  'images',
  'login',
  'logout',
  'search',
  'version',
  'info',
];
