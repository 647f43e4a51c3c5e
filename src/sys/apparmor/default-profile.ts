/** The profile that a container gets where the kernel has AppArmor and nothing else is asked for. */
export const DEFAULT_PROFILE = 'berth-default';

const NEVER_TOUCHED = [
  '/proc/sysrq-trigger',
  '/proc/kcore',
  '/sys/firmware/**',
  '/sys/devices/virtual/powercap/**',
  '/sys/kernel/security/**',
];

/**
 * The text of the default profile, with the meaning of docker's: everything is allowed (capabilities, seccomp and namespaces
 * limit a container already) but mounting, writing to the machine's settings in /proc and /sys, and signalling or tracing
 * processes outside.
 *
 * @param name also the peer that containers may signal and trace: pid namespaces keep them apart
 */
export function defaultProfileText(name: string): string {
  const deny = (paths: readonly string[], access: string): string[] => paths.map((path) => `deny ${path} ${access},`);
  const rules = [
    'capability,',
    'network,',
    'file,',
    'umount,',
    'deny mount,',
    '',
    '# From the machine and from each other, never outwards.',
    'signal (receive) peer=unconfined,',
    `signal (send, receive) peer=${name},`,
    `ptrace (read, readby, trace, tracedby) peer=${name},`,
    '',
    '# /proc: processes, and of the settings those of System V shared memory, which belong to the container.',
    ...deny(['/proc/*', '/proc/[^1-9s]*/**', '/proc/s[^y]*/**', '/proc/sy[^s]*/**', '/proc/sys[^/]*/**'], 'w'),
    ...deny(everythingBut('/proc/sys/', 'kernel'), 'w'),
    ...deny(everythingBut('/proc/sys/kernel/', 'shm'), 'w'),
    '',
    '# /sys: control groups only.',
    ...deny(everythingBut('/sys/', 'fs/cgroup'), 'wklx'),
    '',
    ...deny(NEVER_TOUCHED, 'rwklx'),
  ];
  const body = rules.map((rule) => (rule === '' ? '' : `  ${rule}`)).join('\n');
  return `profile ${name} flags=(attach_disconnected, mediate_deleted) {\n${body}\n}\n`;
}

/**
 * Patterns that together match every path below `directory` whose rest does not start with `allowed`: one for each place in
 * which it can differ. A denial has no exceptions in a profile, so it has to be spelled out.
 */
export function everythingBut(directory: string, allowed: string): string[] {
  return [...allowed].map((letter, index) => `${directory}${allowed.slice(0, index)}[^${letter}]**`);
}
