/** systemd's units for the daemon: a socket that is there from the boot on, and the service behind it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = '/etc/systemd/system';

export interface Unit {
  readonly name: string;
  readonly text: string;
}

/** systemd takes `%` for its own signs. */
function word(text: string): string {
  const escaped = text.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /[\s"'\\]/.test(escaped) ? `"${escaped.replace(/["\\]/g, '\\$&')}"` : escaped;
}

/**
 * The units of a daemon.
 *
 * @param launcher absolute path of the program
 * @param group that may use the socket; the socket is root's alone without
 * @param root absolute path of the state
 * @param options of `berth` and of `berth daemon` that the service gets
 */
export function daemonUnits(
  launcher: string,
  group: string | undefined,
  root: string,
  options: { readonly global: readonly string[]; readonly daemon: readonly string[] },
): Unit[] {
  const command = [launcher, ...options.global, 'daemon', '-H', 'fd://', ...options.daemon].map(word).join(' ');
  const service = `[Unit]
Description=Berth container engine
After=network-online.target nss-lookup.target firewalld.service
Wants=network-online.target
Requires=berth.socket

[Service]
Type=exec
ExecStart=${command}
ExecReload=/bin/kill -s HUP $MAINPID
Restart=always
RestartSec=1
# Containers and their keepers outlive the service; only the daemon itself is ended with it.
KillMode=process
Delegate=yes
LimitNOFILE=524288
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
OOMScoreAdjust=-500

[Install]
WantedBy=multi-user.target
`;
  const containers = `[Unit]
Description=Containers of Berth, stopped in good order when the machine goes down
After=network-online.target nss-lookup.target firewalld.service local-fs.target remote-fs.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
ExecStop=${[launcher, 'internal', 'shut-down', root].map(word).join(' ')}
TimeoutStopSec=5min

[Install]
WantedBy=multi-user.target
`;
  const socket = `[Unit]
Description=Berth API socket

[Socket]
ListenStream=/run/berth.sock
SocketMode=0660
SocketUser=root
${group === undefined ? 'SocketGroup=root' : `SocketGroup=${group}`}

[Install]
WantedBy=sockets.target
`;
  return [
    { name: 'berth.service', text: service },
    { name: 'berth.socket', text: socket },
    { name: 'berth-containers.service', text: containers },
  ];
}

/** Writes the units. @returns the paths written */
export function writeUnits(units: readonly Unit[], root = '/'): string[] {
  const folder = join(root, FOLDER);
  mkdirSync(folder, { recursive: true });
  return units.map(({ name, text }) => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o644 });
    return path;
  });
}
