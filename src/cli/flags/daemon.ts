/** Flags of `berth daemon`, by docker's names where they mean the same. Data only. */
import type { FlagSpec } from '../flag.ts';

const ADDRESSES: readonly FlagSpec[] = [
  { name: 'config-file', type: 'string', usage: 'Daemon configuration file', default: '/etc/berth/daemon.json' },
  { name: 'debug', short: 'D', usage: 'Enable debug mode' },
  { name: 'experimental', usage: 'Say that experimental features are enabled' },
  { name: 'group', short: 'G', type: 'string', usage: 'Group that may use the unix sockets', default: 'berth' },
  {
    name: 'host',
    short: 'H',
    type: 'list',
    usage: 'Address to listen on: unix:///path, tcp://ADDRESS:PORT or fd:// (may be given several times)',
  },
  { name: 'label', type: 'list', usage: 'Set key=value labels to the daemon' },
  { name: 'log-format', type: 'string', usage: 'Set the logging format ("text"|"json")', default: 'text' },
  {
    name: 'log-level',
    short: 'l',
    type: 'string',
    usage: 'Set the logging level ("debug", "info", "warn", "error", "fatal")',
    default: 'info',
  },
  { name: 'metrics-addr', type: 'string', usage: 'Address and port to serve the metrics on' },
  { name: 'min-api-version', type: 'string', usage: 'Refuse clients that speak an older API', default: '1.24' },
  { name: 'pidfile', short: 'p', type: 'string', usage: 'Path to use for the daemon PID file' },
  { name: 'shutdown-timeout', type: 'uint', usage: 'Seconds that running requests may take to end', default: '15' },
  { name: 'tls', usage: 'Use TLS; implied by --tlsverify' },
  { name: 'tlscacert', type: 'string', usage: 'Trust certs signed only by this CA', default: '/etc/berth/ca.pem' },
  { name: 'tlscert', type: 'string', usage: 'Path to TLS certificate file', default: '/etc/berth/cert.pem' },
  { name: 'tlskey', type: 'string', usage: 'Path to TLS key file', default: '/etc/berth/key.pem' },
  { name: 'tlsverify', usage: 'Use TLS and verify the remote' },
  { name: 'validate', usage: 'Validate the configuration and exit' },
];

const CONTAINERS: readonly FlagSpec[] = [
  { name: 'add-runtime', type: 'list', usage: 'Register an additional OCI compatible runtime (NAME=PATH)' },
  { name: 'cgroup-parent', type: 'string', usage: 'Set parent cgroup for all containers' },
  {
    name: 'default-cgroupns-mode',
    type: 'string',
    usage: 'Default mode for containers cgroup namespace ("host" | "private")',
    default: 'private',
  },
  {
    name: 'default-ipc-mode',
    type: 'string',
    usage: 'Default mode for containers ipc ("shareable" | "private")',
    default: 'private',
  },
  { name: 'default-runtime', type: 'string', usage: 'Default OCI runtime for containers', default: 'berth' },
  { name: 'default-shm-size', type: 'string', usage: 'Default shm size for containers', default: '64MiB' },
  { name: 'default-ulimit', type: 'list', usage: 'Default ulimits for containers' },
  { name: 'dns', type: 'list', usage: 'DNS server to use' },
  { name: 'dns-opt', type: 'list', usage: 'DNS options to use' },
  { name: 'dns-search', type: 'list', usage: 'DNS search domains to use' },
  { name: 'exec-opt', type: 'list', usage: 'Runtime execution options (native.cgroupdriver=cgroupfs)' },
  { name: 'host-gateway-ip', type: 'list', usage: 'What "host-gateway" stands for in --add-host' },
  { name: 'init', usage: 'Run an init in the container to forward signals and reap processes' },
  { name: 'live-restore', usage: 'Containers outlive the daemon (always so)', default: 'true' },
  { name: 'log-driver', type: 'string', usage: 'Default driver for container logs', default: 'json-file' },
  { name: 'log-opt', type: 'list', usage: 'Default log driver options for containers' },
  { name: 'no-new-privileges', usage: 'Set no-new-privileges by default for new containers' },
  { name: 'seccomp-profile', type: 'string', usage: 'Path to seccomp profile, or "unconfined"', default: 'builtin' },
];

const NETWORKS: readonly FlagSpec[] = [
  { name: 'bip', type: 'string', usage: 'IPv4 address and prefix length of the default bridge' },
  { name: 'bip6', type: 'string', usage: 'IPv6 address and prefix length of the default bridge' },
  { name: 'default-address-pool', type: 'list', usage: 'Where subnets come from (base=10.10.0.0/16,size=24)' },
  { name: 'default-network-opt', type: 'list', usage: 'Default network options (DRIVER=NAME=VALUE)' },
  { name: 'fixed-cidr', type: 'string', usage: 'IPv4 subnet for addresses on the default bridge' },
  { name: 'fixed-cidr-v6', type: 'string', usage: 'IPv6 subnet for addresses on the default bridge' },
  { name: 'icc', usage: 'Enable inter-container communication on the default bridge', default: 'true' },
  { name: 'ip', type: 'string', usage: 'Default IP when binding ports on the default bridge', default: '0.0.0.0' },
  { name: 'ip-forward', usage: 'Enable net.ipv4.ip_forward', default: 'true' },
  { name: 'ip-masq', usage: 'Enable IP masquerading on the default bridge', default: 'true' },
  { name: 'ip6tables', usage: 'Use firewall rules for IPv6', default: 'true' },
  { name: 'iptables', usage: 'Use firewall rules', default: 'true' },
  { name: 'ipv6', usage: 'Enable IPv6 on the default bridge' },
  { name: 'mtu', type: 'uint', usage: 'Set the MTU of the default bridge', default: '1500' },
  { name: 'userland-proxy', usage: 'Use a proxy per port (there is none)', default: 'false' },
];

const IMAGES: readonly FlagSpec[] = [
  { name: 'data-root', type: 'string', usage: 'Root directory of persistent state: what --root says' },
  { name: 'feature', type: 'list', usage: 'Enable feature in the daemon (NAME=true|false)' },
  { name: 'http-proxy', type: 'string', usage: 'HTTP proxy URL to use for outgoing traffic' },
  { name: 'https-proxy', type: 'string', usage: 'HTTPS proxy URL to use for outgoing traffic' },
  { name: 'insecure-registry', type: 'list', usage: 'Enable insecure registry communication' },
  { name: 'max-concurrent-downloads', type: 'uint', usage: 'Set the max concurrent downloads', default: '3' },
  { name: 'max-concurrent-uploads', type: 'uint', usage: 'Set the max concurrent uploads', default: '5' },
  { name: 'max-download-attempts', type: 'uint', usage: 'Set the max download attempts for each pull', default: '5' },
  { name: 'no-proxy', type: 'string', usage: 'Hosts and networks for which no proxy is used' },
  { name: 'registry-mirror', type: 'list', usage: 'Preferred registry mirror' },
  { name: 'storage-driver', short: 's', type: 'string', usage: 'Storage driver to use' },
  { name: 'storage-opt', type: 'list', usage: 'Storage driver options' },
];

export const DAEMON_FLAGS: readonly FlagSpec[] = [...ADDRESSES, ...CONTAINERS, ...NETWORKS, ...IMAGES].sort((a, b) =>
  a.name < b.name ? -1 : 1,
);
