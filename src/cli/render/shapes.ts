/**
 * The Go structs of docker's client (v28.2.2) that templates see: names and order of fields, their names in JSON and their
 * types, because a template may ask for a field that a document leaves out. Data only.
 *
 * A field is `Name[=json][?]:type`; `?` leaves it out of JSON when empty. Types: `s` string, `i` integer, `b` boolean,
 * `t` time, `d` duration, `any`, `[T]` list, `{T}` map, `*T` pointer, or another shape.
 */
export const SHAPES: Readonly<Record<string, string>> = {
  Address: 'Addr:s PrefixLen:i',
  AttestationProperties: 'For:s',
  BindOptions: 'Propagation?:s NonRecursive?:b CreateMountpoint?:b ReadOnlyNonRecursive?:b ReadOnlyForceRecursive?:b',
  ClientInfo:
    'Debug:b Platform?:*VersionPlatform Version?:s APIVersion=ApiVersion?:s DefaultAPIVersion?:s GitCommit?:s GoVersion?:s Os?:s Arch?:s BuildTime?:s Context:s Plugins:[any] Warnings:[s]',
  ClientVersion:
    'Platform?:*VersionPlatform Version?:s APIVersion=ApiVersion?:s DefaultAPIVersion?:s GitCommit?:s GoVersion?:s Os?:s Arch?:s BuildTime?:s Context:s',
  Commit: 'ID:s Expected?:s',
  ComponentVersion: 'Name:s Version:s Details?:{s}',
  ContainerConfig:
    'Hostname:s Domainname:s User:s AttachStdin:b AttachStdout:b AttachStderr:b ExposedPorts?:{Empty} Tty:b OpenStdin:b StdinOnce:b Env:[s] Cmd:[s] Healthcheck?:*HealthcheckConfig ArgsEscaped?:b Image:s Volumes:{Empty} WorkingDir:s Entrypoint:[s] NetworkDisabled?:b MacAddress?:s OnBuild:[s] Labels:{s} StopSignal?:s StopTimeout?:*i Shell?:[s]',
  ContainerInspect:
    'ID=Id:s Created:s Path:s Args:[s] State:*State Image:s ResolvConfPath:s HostnamePath:s HostsPath:s LogPath:s Name:s RestartCount:i Driver:s Platform:s MountLabel:s ProcessLabel:s AppArmorProfile:s ExecIDs:[s] HostConfig:*HostConfig GraphDriver:DriverData SizeRw?:*i SizeRootFs?:*i Mounts:[MountPoint] Config:*ContainerConfig NetworkSettings:*NetworkSettings ImageManifestDescriptor?:*Descriptor',
  ContainerdInfo: 'Address?:s Namespaces:ContainerdNamespaces',
  ContainerdNamespaces: 'Containers:s Plugins:s',
  Descriptor:
    'MediaType=mediaType:s Digest=digest:s Size=size:i URLs=urls?:[s] Annotations=annotations?:{s} Data=data?:s Platform=platform?:*Platform ArtifactType=artifactType?:s',
  DeviceInfo: 'Source:s ID:s',
  DeviceMapping: 'PathOnHost:s PathInContainer:s CgroupPermissions:s',
  DeviceRequest: 'Driver:s Count:i DeviceIDs:[s] Capabilities:[[s]] Options:{s}',
  DiscreteGenericResource: 'Kind?:s Value?:i',
  DockerInfo:
    'ID:s Containers:i ContainersRunning:i ContainersPaused:i ContainersStopped:i Images:i Driver:s DriverStatus:[[s]] SystemStatus?:[[s]] Plugins:PluginsInfo MemoryLimit:b SwapLimit:b KernelMemory?:b KernelMemoryTCP?:b CPUCfsPeriod=CpuCfsPeriod:b CPUCfsQuota=CpuCfsQuota:b CPUShares:b CPUSet:b PidsLimit:b IPv4Forwarding:b Debug:b NFd:i OomKillDisable:b NGoroutines:i SystemTime:s LoggingDriver:s CgroupDriver:s CgroupVersion?:s NEventsListener:i KernelVersion:s OperatingSystem:s OSVersion:s OSType:s Architecture:s IndexServerAddress:s RegistryConfig:any NCPU:i MemTotal:i GenericResources:[GenericResource] DockerRootDir:s HTTPProxy=HttpProxy:s HTTPSProxy=HttpsProxy:s NoProxy:s Name:s Labels:[s] ExperimentalBuild:b ServerVersion:s Runtimes:{RuntimeWithStatus} DefaultRuntime:s Swarm:SwarmInfo LiveRestoreEnabled:b Isolation:s InitBinary:s ContainerdCommit:Commit RuncCommit:Commit InitCommit:Commit SecurityOptions:[s] ProductLicense?:s DefaultAddressPools?:[NetworkAddressPool] FirewallBackend?:*FirewallInfo CDISpecDirs:[s] DiscoveredDevices?:[DeviceInfo] Containerd?:*ContainerdInfo Warnings:[s] ServerErrors?:[s] ClientInfo?:*ClientInfo ClientErrors?:[s]',
  Driver: 'Name?:s Options?:{s}',
  DriverData: 'Data:{s} Name:s',
  Empty: '',
  EndpointIPAMConfig: 'IPv4Address?:s IPv6Address?:s LinkLocalIPs?:[s]',
  EndpointSettings:
    'IPAMConfig:*EndpointIPAMConfig Links:[s] Aliases:[s] MacAddress:s DriverOpts:{s} GwPriority:i NetworkID:s EndpointID:s Gateway:s IPAddress:s IPPrefixLen:i IPv6Gateway:s GlobalIPv6Address:s GlobalIPv6PrefixLen:i DNSNames:[s]',
  EventActor: 'ID:s Attributes:{s}',
  EventMessage:
    'Status=status?:s ID=id?:s From=from?:s Type:s Action:s Actor:EventActor Scope=scope?:s Time=time?:i TimeNano=timeNano?:i',
  FirewallInfo: 'Driver:s Info?:[[s]]',
  GenericResource: 'NamedResourceSpec?:*NamedGenericResource DiscreteResourceSpec?:*DiscreteGenericResource',
  Health: 'Status:s FailingStreak:i Log:[*HealthcheckResult]',
  HealthcheckConfig: 'Test?:[s] Interval?:d Timeout?:d StartPeriod?:d StartInterval?:d Retries?:i',
  HealthcheckResult: 'Start:t End:t ExitCode:i Output:s',
  HostConfig:
    'Binds:[s] ContainerIDFile:s LogConfig:LogConfig NetworkMode:s PortBindings:{[PortBinding]} RestartPolicy:RestartPolicy AutoRemove:b VolumeDriver:s VolumesFrom:[s] ConsoleSize:[i] Annotations?:{s} CapAdd:[s] CapDrop:[s] CgroupnsMode:s DNS=Dns:[s] DNSOptions=DnsOptions:[s] DNSSearch=DnsSearch:[s] ExtraHosts:[s] GroupAdd:[s] IpcMode:s Cgroup:s Links:[s] OomScoreAdj:i PidMode:s Privileged:b PublishAllPorts:b ReadonlyRootfs:b SecurityOpt:[s] StorageOpt?:{s} Tmpfs?:{s} UTSMode:s UsernsMode:s ShmSize:i Sysctls?:{s} Runtime?:s Isolation:s CPUShares=CpuShares:i Memory:i NanoCPUs=NanoCpus:i CgroupParent:s BlkioWeight:i BlkioWeightDevice:[*WeightDevice] BlkioDeviceReadBps:[*ThrottleDevice] BlkioDeviceWriteBps:[*ThrottleDevice] BlkioDeviceReadIOps:[*ThrottleDevice] BlkioDeviceWriteIOps:[*ThrottleDevice] CPUPeriod=CpuPeriod:i CPUQuota=CpuQuota:i CPURealtimePeriod=CpuRealtimePeriod:i CPURealtimeRuntime=CpuRealtimeRuntime:i CpusetCpus:s CpusetMems:s Devices:[DeviceMapping] DeviceCgroupRules:[s] DeviceRequests:[DeviceRequest] KernelMemory?:i KernelMemoryTCP?:i MemoryReservation:i MemorySwap:i MemorySwappiness:*i OomKillDisable:*b PidsLimit:*i Ulimits:[*Ulimit] CPUCount=CpuCount:i CPUPercent=CpuPercent:i IOMaximumIOps:i IOMaximumBandwidth:i Mounts?:[MountSpec] MaskedPaths:[s] ReadonlyPaths:[s] Init?:*b',
  ImageConfig:
    'User?:s ExposedPorts?:{Empty} Env?:[s] Entrypoint?:[s] Cmd?:[s] Volumes?:{Empty} WorkingDir?:s Labels?:{s} StopSignal?:s ArgsEscaped?:b Healthcheck?:*HealthcheckConfig OnBuild?:[s] Shell?:[s]',
  ImageInspect:
    'ID=Id:s RepoTags:[s] RepoDigests:[s] Parent:s Comment:s Created?:s Container?:s ContainerConfig?:*ContainerConfig DockerVersion:s Author:s Config:*ImageConfig Architecture:s Variant?:s Os:s OsVersion?:s Size:i VirtualSize?:i GraphDriver:DriverData RootFS:RootFS Metadata:Metadata Descriptor?:*Descriptor Manifests?:[ManifestSummary]',
  ImageOptions: 'Subpath?:s',
  ImageProperties: 'Platform:Platform Unpacked:i Containers:[s]',
  LogConfig: 'Type:s Config:{s}',
  ManifestSummary:
    'ID:s Descriptor:Descriptor Available:b Content:i Total:i Kind:s ImageData?:*ImageProperties AttestationData?:*AttestationProperties',
  Metadata: 'LastTagTime?:t',
  MountPoint: 'Type?:s Name?:s Source:s Destination:s Driver?:s Mode:s RW:b Propagation:s',
  MountSpec:
    'Type?:s Source?:s Target?:s ReadOnly?:b Consistency?:s BindOptions?:*BindOptions VolumeOptions?:*VolumeOptions ImageOptions?:*ImageOptions TmpfsOptions?:*TmpfsOptions ClusterOptions?:*Empty',
  NamedGenericResource: 'Kind?:s Value?:s',
  Network:
    'Name:s ID=Id:s Created:t Scope:s Driver:s EnableIPv4:b EnableIPv6:b IPAM:NetworkIpam Internal:b Attachable:b Ingress:b ConfigFrom:NetworkReference ConfigOnly:b Containers:{NetworkEndpoint} Options:{s} Labels:{s} Peers?:[NetworkPeer] Services?:{any}',
  NetworkAddressPool: 'Base:s Size:i',
  NetworkEndpoint: 'Name:s EndpointID:s MacAddress:s IPv4Address:s IPv6Address:s',
  NetworkIpam: 'Driver:s Options:{s} Config:[NetworkIpamConfig]',
  NetworkIpamConfig: 'Subnet?:s IPRange?:s Gateway?:s AuxAddress=AuxiliaryAddresses?:{s}',
  NetworkPeer: 'Name:s IP:s',
  NetworkReference: 'Network:s',
  NetworkSettings:
    'Bridge:s SandboxID:s SandboxKey:s Ports:{[PortBinding]} HairpinMode:b LinkLocalIPv6Address:s LinkLocalIPv6PrefixLen:i SecondaryIPAddresses:[Address] SecondaryIPv6Addresses:[Address] EndpointID:s Gateway:s GlobalIPv6Address:s GlobalIPv6PrefixLen:i IPAddress:s IPPrefixLen:i IPv6Gateway:s MacAddress:s Networks:{*EndpointSettings}',
  Peer: 'NodeID:s Addr:s',
  Platform:
    'Architecture=architecture:s OS=os:s OSVersion=os.version?:s OSFeatures=os.features?:[s] Variant=variant?:s',
  PluginsInfo: 'Volume:[s] Network:[s] Authorization:[s] Log:[s]',
  PortBinding: 'HostIP=HostIp:s HostPort:s',
  RestartPolicy: 'Name:s MaximumRetryCount:i',
  RootFS: 'Type?:s Layers?:[s]',
  RuntimeWithStatus: 'Path=path?:s Args=runtimeArgs?:[s] Type=runtimeType?:s Options=options?:{any} Status=status?:{s}',
  ServerVersion:
    'Platform?:VersionPlatform Components?:[ComponentVersion] Version:s APIVersion=ApiVersion:s MinAPIVersion?:s GitCommit:s GoVersion:s Os:s Arch:s KernelVersion?:s Experimental?:b BuildTime?:s',
  State:
    'Status:s Running:b Paused:b Restarting:b OOMKilled:b Dead:b Pid:i ExitCode:i Error:s StartedAt:s FinishedAt:s Health?:*Health',
  SwarmInfo:
    'NodeID:s NodeAddr:s LocalNodeState:s ControlAvailable:b Error:s RemoteManagers:[Peer] Nodes?:i Managers?:i Cluster?:any Warnings?:[s]',
  ThrottleDevice: 'Path:s Rate:i',
  TmpfsOptions: 'SizeBytes?:i Mode?:i Options?:[[s]]',
  Ulimit: 'Name:s Hard:i Soft:i',
  VersionInfo: 'Client:ClientVersion Server:*ServerVersion',
  VersionPlatform: 'Name:s',
  Volume:
    'ClusterVolume?:*Empty CreatedAt?:s Driver:s Labels:{s} Mountpoint:s Name:s Options:{s} Scope:s Status?:{any} UsageData?:*VolumeUsageData',
  VolumeOptions: 'NoCopy?:b Labels?:{s} Subpath?:s DriverConfig?:*Driver',
  VolumeUsageData: 'RefCount:i Size:i',
  WeightDevice: 'Path:s Weight:i',
};

/** Go's names of the types that a template starts from, for messages. */
export const GO_TYPES: Readonly<Record<string, string>> = {
  ContainerInspect: 'container.InspectResponse',
  DockerInfo: 'system.dockerInfo',
  EventMessage: '*events.Message',
  ImageInspect: 'image.InspectResponse',
  ServerVersion: '*types.Version',
  VersionInfo: 'system.versionInfo',
  Network: 'network.Inspect',
  Volume: 'volume.Volume',
};
