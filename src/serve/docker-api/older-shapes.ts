/** What older versions of the API had and newer ones do not, for clients that still speak them. */
import type { ContainerInspect, ContainerSummary, EndpointSettings } from '#spec/docker-api/containers.ts';
import type { ImageInspect, ImageSummary } from '#spec/docker-api/images.ts';
import type { DiskUsage, EventMessage, SystemInfo } from '#spec/docker-api/system.ts';

/** True for versions before another one: `isBefore('1.41', '1.44')`. */
export function isBefore(version: string, other: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}

/** Images have descriptors since 1.48. They had a second size until 1.43, and `<none>` for the name that they lack until 1.42. */
export function imagesFor(version: string, images: readonly ImageSummary[]): unknown {
  if (!isBefore(version, '1.48')) return images;
  return images.map((given) => {
    const { Descriptor: _, ...image } = given as ImageSummary & { readonly Descriptor?: unknown };
    if (!isBefore(version, '1.44')) return image;
    const isNameless = (image.RepoTags ?? []).length === 0 && (image.RepoDigests ?? []).length === 0;
    const names =
      isNameless && isBefore(version, '1.43')
        ? { RepoTags: ['<none>:<none>'], RepoDigests: ['<none>@<none>'] }
        : undefined;
    return { ...image, ...names, VirtualSize: image.Size };
  });
}

/** What a container's configuration has besides an image's; images showed it, empty, until 1.49. */
const CONTAINER_ONLY = {
  Hostname: '',
  Domainname: '',
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Image: '',
  User: '',
  Env: null,
  Cmd: null,
  Volumes: null,
  WorkingDir: '',
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
};

function olderImage(image: ImageInspect): unknown {
  const { Descriptor: _, ...rest } = image as ImageInspect & { readonly Descriptor?: unknown };
  return { ...rest, Config: { ...CONTAINER_ONLY, ...image.Config } };
}

/** The container that an image was made from was part of it until 1.44. */
export function imageFor(version: string, image: ImageInspect): unknown {
  if (!isBefore(version, '1.50')) return image;
  if (!isBefore(version, '1.45')) return olderImage(image);
  const size = isBefore(version, '1.44') ? { VirtualSize: image.Size } : {};
  const created = image.Created === undefined || image.Created === '' ? { Created: '0001-01-01T00:00:00Z' } : {};
  const madeFrom = { Container: '', ContainerConfig: null };
  return { ...(olderImage(image) as object), ...madeFrom, ...size, ...(isBefore(version, '1.44') ? created : {}) };
}

/** The usage of the disk names images in the same older form, and until 1.41 the builder's part. */
export function usageFor(version: string, usage: DiskUsage): unknown {
  const builder = isBefore(version, '1.42') ? { BuilderSize: 0 } : {};
  return { ...usage, Images: usage.Images === null ? null : imagesFor(version, usage.Images), ...builder };
}

const PREDEFINED = ['bridge', 'host', 'none', 'default'];

/** Until 1.44 a container's short id and host name were shown among its aliases; since then among its names. */
export function containerFor(version: string, container: ContainerInspect): ContainerInspect {
  if (!isBefore(version, '1.45')) return container;
  const own = [container.Id.slice(0, 12), container.Config.Hostname];
  const withOwn = (name: string, endpoint: EndpointSettings): EndpointSettings =>
    PREDEFINED.includes(name)
      ? endpoint
      : { ...endpoint, Aliases: [...new Set([...(endpoint.Aliases ?? []), ...own])] };
  const { Networks } = container.NetworkSettings;
  const networks = Object.entries(Networks).map(([name, endpoint]) => [name, withOwn(name, endpoint)] as const);
  return { ...container, NetworkSettings: { ...container.NetworkSettings, Networks: Object.fromEntries(networks) } };
}

/** Lists of containers have annotations since 1.46. */
export function containersFor(version: string, containers: readonly ContainerSummary[]): readonly ContainerSummary[] {
  if (!isBefore(version, '1.46')) return containers;
  return containers.map((container) => {
    const { Annotations: _, ...host } = container.HostConfig;
    return { ...container, HostConfig: host };
  });
}

/** An image that is made without a name is told of since 1.46. */
export function isEventOf(version: string, event: EventMessage): boolean {
  return !isBefore(version, '1.46') || event.Type !== 'image' || event.Action !== 'create';
}

/** What `info` had and has no more, and what it did not have yet. */
export function infoFor(version: string, info: SystemInfo): unknown {
  if (!isBefore(version, '1.50')) return info;
  const shown: Record<string, unknown> = { ...info, BridgeNfIptables: false, BridgeNfIp6tables: false };
  delete shown['DiscoveredDevices'];
  if (isBefore(version, '1.49')) {
    delete shown['FirewallBackend'];
    for (const part of ['ContainerdCommit', 'RuncCommit', 'InitCommit'] as const)
      shown[part] = { ...info[part], Expected: info[part].ID };
    const none = { AllowNondistributableArtifactsCIDRs: null, AllowNondistributableArtifactsHostnames: null };
    shown['RegistryConfig'] = { ...none, ...info.RegistryConfig };
  }
  if (isBefore(version, '1.46')) delete shown['Containerd'];
  if (isBefore(version, '1.44')) {
    const runtimes = Object.entries(info.Runtimes).map(([name, { status: _, ...runtime }]) => [name, runtime] as const);
    shown['Runtimes'] = Object.fromEntries(runtimes);
  }
  if (isBefore(version, '1.42')) Object.assign(shown, { KernelMemory: false });
  if (isBefore(version, '1.25'))
    shown['SecurityOptions'] = info.SecurityOptions.map((option) => /(?:^|,)name=([^,]*)/.exec(option)?.[1] ?? option);
  return shown;
}
