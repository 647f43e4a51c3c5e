/** Flags of docker's commands on containers, read from the help of the client this table follows (28.2.2). Data only. */
import type { FlagSpec } from '../flag.ts';

export const ATTACH_FLAGS: readonly FlagSpec[] = [
  { name: 'detach-keys', type: 'string', usage: 'Override the key sequence for detaching a container' },
  { name: 'no-stdin', usage: 'Do not attach STDIN' },
  { name: 'sig-proxy', usage: 'Proxy all received signals to the process', default: 'true' },
];

export const COMMIT_FLAGS: readonly FlagSpec[] = [
  { name: 'author', short: 'a', type: 'string', usage: 'Author (e.g., "John Hannibal Smith <hannibal@a-team.com>")' },
  { name: 'change', short: 'c', type: 'list', usage: 'Apply Dockerfile instruction to the created image' },
  { name: 'message', short: 'm', type: 'string', usage: 'Commit message' },
  { name: 'pause', short: 'p', usage: 'Pause container during commit', default: 'true' },
];

export const CP_FLAGS: readonly FlagSpec[] = [
  { name: 'archive', short: 'a', usage: 'Archive mode (copy all uid/gid information)' },
  { name: 'follow-link', short: 'L', usage: 'Always follow symbol link in SRC_PATH' },
  {
    name: 'quiet',
    short: 'q',
    usage:
      'Suppress progress output during copy. Progress output is automatically suppressed if no terminal is attached',
  },
];

export const EXEC_FLAGS: readonly FlagSpec[] = [
  { name: 'detach', short: 'd', usage: 'Detached mode: run command in the background' },
  { name: 'detach-keys', type: 'string', usage: 'Override the key sequence for detaching a container' },
  { name: 'env', short: 'e', type: 'list', usage: 'Set environment variables' },
  { name: 'env-file', type: 'list', usage: 'Read in a file of environment variables' },
  { name: 'interactive', short: 'i', usage: 'Keep STDIN open even if not attached' },
  { name: 'privileged', usage: 'Give extended privileges to the command' },
  { name: 'tty', short: 't', usage: 'Allocate a pseudo-TTY' },
  { name: 'user', short: 'u', type: 'string', usage: 'Username or UID (format: "<name|uid>[:<group|gid>]")' },
  { name: 'workdir', short: 'w', type: 'string', usage: 'Working directory inside the container' },
];

export const EXPORT_FLAGS: readonly FlagSpec[] = [
  { name: 'output', short: 'o', type: 'string', usage: 'Write to a file, instead of STDOUT' },
];

export const INSPECT_FLAGS: readonly FlagSpec[] = [
  {
    name: 'format',
    short: 'f',
    type: 'string',
    usage:
      "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
  },
  { name: 'size', short: 's', usage: 'Display total file sizes' },
];

export const KILL_FLAGS: readonly FlagSpec[] = [
  { name: 'signal', short: 's', type: 'string', usage: 'Signal to send to the container' },
];

export const LOGS_FLAGS: readonly FlagSpec[] = [
  { name: 'details', usage: 'Show extra details provided to logs' },
  { name: 'follow', short: 'f', usage: 'Follow log output' },
  {
    name: 'since',
    type: 'string',
    usage: 'Show logs since timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)',
  },
  {
    name: 'tail',
    short: 'n',
    type: 'string',
    usage: 'Number of lines to show from the end of the logs',
    default: 'all',
  },
  { name: 'timestamps', short: 't', usage: 'Show timestamps' },
  {
    name: 'until',
    type: 'string',
    usage: 'Show logs before a timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)',
  },
];

export const LS_FLAGS: readonly FlagSpec[] = [
  { name: 'all', short: 'a', usage: 'Show all containers (default shows just running)' },
  { name: 'filter', short: 'f', type: 'filter', usage: 'Filter output based on conditions provided' },
  {
    name: 'format',
    type: 'string',
    usage:
      "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
  },
  {
    name: 'last',
    short: 'n',
    type: 'int',
    usage: 'Show n last created containers (includes all states)',
    default: '-1',
  },
  { name: 'latest', short: 'l', usage: 'Show the latest created container (includes all states)' },
  { name: 'no-trunc', usage: "Don't truncate output" },
  { name: 'quiet', short: 'q', usage: 'Only display container IDs' },
  { name: 'size', short: 's', usage: 'Display total file sizes' },
];

export const PRUNE_FLAGS: readonly FlagSpec[] = [
  { name: 'filter', type: 'filter', usage: 'Provide filter values (e.g. "until=<timestamp>")' },
  { name: 'force', short: 'f', usage: 'Do not prompt for confirmation' },
];

export const RESTART_FLAGS: readonly FlagSpec[] = [
  { name: 'signal', short: 's', type: 'string', usage: 'Signal to send to the container' },
  { name: 'timeout', short: 't', type: 'int', usage: 'Seconds to wait before killing the container' },
  {
    name: 'time',
    type: 'int',
    usage: 'Seconds to wait before killing the container',
    deprecated: 'use --timeout instead',
    sameAs: 'timeout',
  },
];

export const RM_FLAGS: readonly FlagSpec[] = [
  { name: 'force', short: 'f', usage: 'Force the removal of a running container (uses SIGKILL)' },
  { name: 'link', short: 'l', usage: 'Remove the specified link' },
  { name: 'volumes', short: 'v', usage: 'Remove anonymous volumes associated with the container' },
];

export const START_FLAGS: readonly FlagSpec[] = [
  { name: 'attach', short: 'a', usage: 'Attach STDOUT/STDERR and forward signals' },
  { name: 'checkpoint', type: 'string', usage: 'Restore from this checkpoint' },
  { name: 'checkpoint-dir', type: 'string', usage: 'Use a custom checkpoint storage directory' },
  { name: 'detach-keys', type: 'string', usage: 'Override the key sequence for detaching a container' },
  { name: 'interactive', short: 'i', usage: "Attach container's STDIN" },
];

export const STATS_FLAGS: readonly FlagSpec[] = [
  { name: 'all', short: 'a', usage: 'Show all containers (default shows just running)' },
  {
    name: 'format',
    type: 'string',
    usage:
      "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
  },
  { name: 'no-stream', usage: 'Disable streaming stats and only pull the first result' },
  { name: 'no-trunc', usage: 'Do not truncate output' },
];

export const STOP_FLAGS: readonly FlagSpec[] = [
  { name: 'signal', short: 's', type: 'string', usage: 'Signal to send to the container' },
  { name: 'timeout', short: 't', type: 'int', usage: 'Seconds to wait before killing the container' },
  {
    name: 'time',
    type: 'int',
    usage: 'Seconds to wait before killing the container',
    deprecated: 'use --timeout instead',
    sameAs: 'timeout',
  },
];
