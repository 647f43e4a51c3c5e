/** Flags of docker's options before the command, read from the help of the client this table follows (28.2.2). Data only. */
import type { FlagSpec } from '../flag.ts';

export const GLOBAL_FLAGS: readonly FlagSpec[] = [
  { name: 'config', type: 'string', usage: 'Location of client config files', default: '~/.berth' },
  {
    name: 'context',
    short: 'c',
    type: 'string',
    usage:
      'Name of the context to use to connect to the daemon (overrides BERTH_HOST env var and default context set with "berth context use")',
  },
  { name: 'debug', short: 'D', usage: 'Enable debug mode' },
  { name: 'host', short: 'H', type: 'list', usage: 'Daemon socket to connect to' },
  {
    name: 'log-level',
    short: 'l',
    type: 'string',
    usage: 'Set the logging level ("debug", "info", "warn", "error", "fatal")',
    default: 'info',
  },
  { name: 'tls', usage: 'Use TLS; implied by --tlsverify' },
  { name: 'tlscacert', type: 'string', usage: 'Trust certs signed only by this CA', default: '~/.berth/ca.pem' },
  { name: 'tlscert', type: 'string', usage: 'Path to TLS certificate file', default: '~/.berth/cert.pem' },
  { name: 'tlskey', type: 'string', usage: 'Path to TLS key file', default: '~/.berth/key.pem' },
  { name: 'tlsverify', usage: 'Use TLS and verify the remote' },
  { name: 'version', short: 'v', usage: 'Print version information and quit' },
  { name: 'root', type: 'string', usage: "Directory of the engine's state", default: '/var/lib/berth', own: true },
];
