/** Flags of `berth daemon`, by docker's names where they mean the same. Data only. */
import type { FlagSpec } from '../flag.ts';

export const DAEMON_FLAGS: readonly FlagSpec[] = [
  { name: 'config-file', type: 'string', usage: 'Daemon configuration file', default: '/etc/berth/daemon.json' },
  { name: 'debug', short: 'D', usage: 'Enable debug mode' },
  { name: 'group', short: 'G', type: 'string', usage: 'Group that may use the unix sockets', default: 'berth' },
  {
    name: 'host',
    short: 'H',
    type: 'list',
    usage: 'Address to listen on: unix:///path, tcp://ADDRESS:PORT or fd:// (may be given several times)',
  },
  { name: 'label', type: 'list', usage: 'Set key=value labels to the daemon' },
  {
    name: 'log-level',
    short: 'l',
    type: 'string',
    usage: 'Set the logging level ("debug", "info", "warn", "error", "fatal")',
    default: 'info',
  },
  { name: 'metrics-addr', type: 'string', usage: 'Address and port to serve the metrics on' },
  { name: 'pidfile', short: 'p', type: 'string', usage: 'Path to use for the daemon PID file' },
  { name: 'shutdown-timeout', type: 'uint', usage: 'Seconds that running requests may take to end', default: '15' },
  { name: 'tls', usage: 'Use TLS; implied by --tlsverify' },
  { name: 'tlscacert', type: 'string', usage: 'Trust certs signed only by this CA', default: '/etc/berth/ca.pem' },
  { name: 'tlscert', type: 'string', usage: 'Path to TLS certificate file', default: '/etc/berth/cert.pem' },
  { name: 'tlskey', type: 'string', usage: 'Path to TLS key file', default: '/etc/berth/key.pem' },
  { name: 'tlsverify', usage: 'Use TLS and verify the remote' },
  { name: 'validate', usage: 'Validate the configuration and exit' },
];
