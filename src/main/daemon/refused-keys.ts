/** Docker's settings that Berth cannot follow: which values of them, why, and what to do instead. */

/** Keys that cannot be set at all. */
const NEVER: Readonly<Record<string, string>> = {
  'allow-nondistributable-artifacts': 'layers are pushed as they were pulled',
  'api-cors-header': 'docker no longer has it; put a proxy in front',
  bridge: 'make a network with "-o com.docker.network.bridge.name=BRIDGE" and use that',
  builder: 'there is no builder in this version',
  'cdi-spec-dirs': 'there are no CDI devices in this version',
  containerd: 'there is no containerd',
  'containerd-namespace': 'there is no containerd',
  'containerd-plugins-namespace': 'there is no containerd',
  'cpu-rt-period': 'say it for each container, with --cpu-rt-period',
  'cpu-rt-runtime': 'say it for each container, with --cpu-rt-runtime',
  'default-gateway': 'say it for a network, with --gateway',
  'default-gateway-v6': 'say it for a network, with --gateway',
  'exec-root': 'Berth keeps what runs below its root',
  'init-path': 'Berth carries the init of --init itself',
  'network-control-plane-mtu': 'there are no networks over several machines',
  'node-generic-resources': 'there is no swarm',
  'oom-score-adjust': 'say OOMScoreAdjust= in the unit berth.service',
  'swarm-default-advertise-addr': 'there is no swarm',
  'userland-proxy-path': 'there is no process per port',
};

type Rule = (value: unknown) => string | undefined;

const only =
  (allowed: unknown, reason: string): Rule =>
  (value) =>
    value === allowed ? undefined : reason;

const empty =
  (reason: string): Rule =>
  (value) =>
    value === '' || (Array.isArray(value) && value.length === 0) ? undefined : reason;

const DRIVERS = ['overlay2', 'overlay', 'overlayfs', ''];

function execOption(option: string): string | undefined {
  if (option === 'native.cgroupdriver=cgroupfs') return undefined;
  if (option === 'native.cgroupdriver=systemd')
    return 'Berth makes its groups itself, beside those of systemd: leave it out, and set cgroup-parent where they are wanted elsewhere';
  return `unknown option ${option}`;
}

function feature(name: string, value: boolean): string | undefined {
  if (name === 'buildkit') return undefined;
  if (name === 'containerd-snapshotter')
    return value ? 'there is no containerd: images are kept as OCI content in any case, leave it out' : undefined;
  return value ? `there is no feature ${name}` : undefined;
}

const firstOf = <T>(list: readonly T[], rule: (item: T) => string | undefined): string | undefined =>
  list.map(rule).find((reason) => reason !== undefined);

/** Keys of which only some values can be had. */
const RULES: Readonly<Record<string, Rule>> = {
  'allow-direct-routing': only(
    false,
    'allow it for a network, with "-o com.docker.network.bridge.gateway_mode_ipv4=nat-unprotected"',
  ),
  'authorization-plugins': empty('there are no plugins'),
  'exec-opts': (value) => firstOf(value as readonly string[], execOption),
  features: (value) =>
    firstOf(Object.entries(value as Readonly<Record<string, boolean>>), ([name, on]) => feature(name, on)),
  'firewall-backend': only('nftables', 'Berth uses nftables, in a table of its own'),
  'ip-forward': only(true, 'networks need it, and Berth switches it on with the first of them'),
  'ip-forward-no-drop': only(true, "Berth never changes the policy of the host's FORWARD chain"),
  iptables: only(
    true,
    'ports and networks are rules in a table of Berth\'s own (nftables); use "--network host" or networks with "-o com.docker.network.bridge.enable_ip_masquerade=false"',
  ),
  ip6tables: only(true, 'see iptables: the rules of IPv6 are in the same kind of table'),
  'log-format': (value) => (value === 'text' || value === 'json' ? undefined : 'wanted "text" or "json"'),
  'selinux-enabled': only(false, 'SELinux labels are not supported'),
  'storage-driver': (value) =>
    DRIVERS.includes(value as string)
      ? undefined
      : 'Berth chooses the driver by what the file system can do: overlay2 where it can',
  'storage-opts': empty('the storage driver has no options'),
  'userns-remap': empty('containers in user namespaces are not supported by this version'),
};

/** @returns why a key cannot have a value; undefined when it can, or is none of docker's */
export function refusal(name: string, value: unknown): string | undefined {
  if (Object.hasOwn(NEVER, name)) return NEVER[name];
  return Object.hasOwn(RULES, name) ? RULES[name]?.(value) : undefined;
}
