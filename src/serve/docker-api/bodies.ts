/** The request bodies of the API as tables; field by field what `#spec/docker-api` types. */
import type { Shape, Struct } from './body-shape.ts';
import { SET, STRING_MAP, STRINGS } from './body-shape.ts';

const HEALTHCHECK: Struct = {
  struct: 'HealthcheckConfig',
  fields: {
    Test: STRINGS,
    Interval: 'int64',
    Timeout: 'int64',
    StartPeriod: 'int64',
    StartInterval: 'int64',
    Retries: 'int',
    OnFailure: 'string',
  },
};

const CONFIG_FIELDS: Readonly<Record<string, Shape>> = {
  Hostname: 'string',
  Domainname: 'string',
  User: 'string',
  AttachStdin: 'bool',
  AttachStdout: 'bool',
  AttachStderr: 'bool',
  ExposedPorts: SET,
  Tty: 'bool',
  OpenStdin: 'bool',
  StdinOnce: 'bool',
  Env: STRINGS,
  Cmd: 'strslice',
  Healthcheck: HEALTHCHECK,
  ArgsEscaped: 'bool',
  Image: 'string',
  Volumes: SET,
  WorkingDir: 'string',
  Entrypoint: 'strslice',
  NetworkDisabled: 'bool',
  MacAddress: 'string',
  OnBuild: STRINGS,
  Labels: STRING_MAP,
  StopSignal: 'string',
  StopTimeout: 'int',
  Shell: 'strslice',
};

/** Body of `POST /commit`. */
export const CONTAINER_CONFIG: Struct = { struct: 'Config', fields: CONFIG_FIELDS };

const WEIGHT_DEVICE: Struct = { struct: 'WeightDevice', zeroed: true, fields: { Path: 'string', Weight: 'uint16' } };
const THROTTLE_DEVICE: Struct = { struct: 'ThrottleDevice', zeroed: true, fields: { Path: 'string', Rate: 'uint64' } };
const DEVICE: Struct = {
  struct: 'DeviceMapping',
  zeroed: true,
  fields: { PathOnHost: 'string', PathInContainer: 'string', CgroupPermissions: 'string' },
};
const DEVICE_REQUEST: Struct = {
  struct: 'DeviceRequest',
  fields: {
    Driver: 'string',
    Count: 'int',
    DeviceIDs: STRINGS,
    Capabilities: { list: STRINGS },
    Options: STRING_MAP,
  },
};
const ULIMIT: Struct = { struct: 'Ulimit', zeroed: true, fields: { Name: 'string', Soft: 'int64', Hard: 'int64' } };
const RESTART_POLICY: Struct = { struct: 'RestartPolicy', fields: { Name: 'string', MaximumRetryCount: 'int' } };

const RESOURCE_FIELDS: Readonly<Record<string, Shape>> = {
  CpuShares: 'int64',
  Memory: 'int64',
  NanoCpus: 'int64',
  CgroupParent: 'string',
  BlkioWeight: 'uint16',
  BlkioWeightDevice: { list: WEIGHT_DEVICE },
  BlkioDeviceReadBps: { list: THROTTLE_DEVICE },
  BlkioDeviceWriteBps: { list: THROTTLE_DEVICE },
  BlkioDeviceReadIOps: { list: THROTTLE_DEVICE },
  BlkioDeviceWriteIOps: { list: THROTTLE_DEVICE },
  CpuPeriod: 'int64',
  CpuQuota: 'int64',
  CpuRealtimePeriod: 'int64',
  CpuRealtimeRuntime: 'int64',
  CpusetCpus: 'string',
  CpusetMems: 'string',
  Devices: { list: DEVICE },
  DeviceCgroupRules: STRINGS,
  DeviceRequests: { list: DEVICE_REQUEST },
  KernelMemory: 'int64',
  KernelMemoryTCP: 'int64',
  MemoryReservation: 'int64',
  MemorySwap: 'int64',
  MemorySwappiness: 'int64',
  OomKillDisable: 'bool',
  PidsLimit: 'int64',
  Ulimits: { list: ULIMIT },
  CpuCount: 'int64',
  CpuPercent: 'int64',
  IOMaximumIOps: 'uint64',
  IOMaximumBandwidth: 'uint64',
};

const PORT_MAP = {
  map: { list: { struct: 'PortBinding', zeroed: true, fields: { HostIp: 'string', HostPort: 'string' } } },
} as const;

/** Body of `POST /containers/{id}/update`. */
export const CONTAINER_UPDATE: Struct = {
  struct: 'UpdateConfig',
  fields: { RestartPolicy: RESTART_POLICY, PublishAdd: PORT_MAP, PublishRemove: PORT_MAP },
  embedded: { name: 'Resources', fields: RESOURCE_FIELDS },
};

const MOUNT: Struct = {
  struct: 'Mount',
  fields: {
    Type: 'string',
    Source: 'string',
    Target: 'string',
    ReadOnly: 'bool',
    Consistency: 'string',
    BindOptions: {
      struct: 'BindOptions',
      fields: {
        Propagation: 'string',
        NonRecursive: 'bool',
        CreateMountpoint: 'bool',
        ReadOnlyNonRecursive: 'bool',
        ReadOnlyForceRecursive: 'bool',
      },
    },
    VolumeOptions: {
      struct: 'VolumeOptions',
      fields: {
        NoCopy: 'bool',
        Labels: STRING_MAP,
        DriverConfig: { struct: 'Driver', fields: { Name: 'string', Options: STRING_MAP } },
        Subpath: 'string',
      },
    },
    ImageOptions: { struct: 'ImageOptions', fields: { Subpath: 'string' } },
    TmpfsOptions: {
      struct: 'TmpfsOptions',
      fields: { SizeBytes: 'int64', Mode: 'int64', Options: { list: STRINGS } },
    },
    ClusterOptions: 'any',
    IdMap: 'string',
  },
};

const HOST_CONFIG: Struct = {
  struct: 'HostConfig',
  embedded: { name: 'Resources', fields: RESOURCE_FIELDS },
  fields: {
    Binds: STRINGS,
    ContainerIDFile: 'string',
    LogConfig: { struct: 'LogConfig', fields: { Type: 'string', Config: STRING_MAP } },
    NetworkMode: 'string',
    PortBindings: PORT_MAP,
    RestartPolicy: RESTART_POLICY,
    AutoRemove: 'bool',
    VolumeDriver: 'string',
    VolumesFrom: STRINGS,
    ConsoleSize: { list: 'int' },
    Annotations: STRING_MAP,
    CapAdd: 'strslice',
    CapDrop: 'strslice',
    CgroupnsMode: 'string',
    Dns: STRINGS,
    DnsOptions: STRINGS,
    DnsSearch: STRINGS,
    ExtraHosts: STRINGS,
    GroupAdd: STRINGS,
    IpcMode: 'string',
    Cgroup: 'string',
    Links: STRINGS,
    OomScoreAdj: 'int',
    PidMode: 'string',
    Privileged: 'bool',
    PublishAllPorts: 'bool',
    ReadonlyRootfs: 'bool',
    SecurityOpt: STRINGS,
    StorageOpt: STRING_MAP,
    Tmpfs: STRING_MAP,
    UTSMode: 'string',
    UsernsMode: 'string',
    ShmSize: 'int64',
    Sysctls: STRING_MAP,
    Runtime: 'string',
    Isolation: 'string',
    Mounts: { list: MOUNT },
    MaskedPaths: STRINGS,
    ReadonlyPaths: STRINGS,
    Init: 'bool',
  },
};

export const ENDPOINT: Struct = {
  struct: 'EndpointSettings',
  fields: {
    IPAMConfig: {
      struct: 'EndpointIPAMConfig',
      fields: { IPv4Address: 'string', IPv6Address: 'string', LinkLocalIPs: STRINGS },
    },
    Links: STRINGS,
    Aliases: STRINGS,
    MacAddress: 'string',
    DriverOpts: STRING_MAP,
    GwPriority: 'int',
    NetworkID: 'string',
    EndpointID: 'string',
    Gateway: 'string',
    IPAddress: 'string',
    IPPrefixLen: 'int',
    IPv6Gateway: 'string',
    GlobalIPv6Address: 'string',
    GlobalIPv6PrefixLen: 'int',
    DNSNames: STRINGS,
  },
};

/** Body of `POST /containers/create`. */
export const CONTAINER_CREATE: Struct = {
  struct: 'CreateRequest',
  embedded: { name: 'Config', fields: CONFIG_FIELDS },
  fields: {
    HostConfig: HOST_CONFIG,
    NetworkingConfig: { struct: 'NetworkingConfig', fields: { EndpointsConfig: { map: ENDPOINT } } },
  },
};

/** Body of `POST /containers/{id}/exec`. */
export const EXEC_CONFIG: Struct = {
  struct: 'ExecOptions',
  fields: {
    AttachStdin: 'bool',
    AttachStdout: 'bool',
    AttachStderr: 'bool',
    ConsoleSize: { list: 'int' },
    DetachKeys: 'string',
    Tty: 'bool',
    Env: STRINGS,
    Cmd: 'strslice',
    Privileged: 'bool',
    User: 'string',
    WorkingDir: 'string',
  },
};

/** Body of `POST /exec/{id}/start`. */
export const EXEC_START: Struct = {
  struct: 'ExecStartOptions',
  fields: { Detach: 'bool', Tty: 'bool', ConsoleSize: { list: 'int' } },
};

/** The `platform` query parameter, JSON of an OCI platform. */
export const PLATFORM: Struct = {
  struct: 'Platform',
  fields: {
    architecture: 'string',
    os: 'string',
    'os.version': 'string',
    'os.features': STRINGS,
    variant: 'string',
  },
};
