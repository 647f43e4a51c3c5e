import { formatTimeNs } from '#base/time.ts';
import type { ContainerInspect, PortMap } from '#spec/docker-api/containers.ts';
import { DEFAULT_PROFILE } from '#sys/apparmor/default-profile.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import { shownLinks } from '../networks/links.ts';
import { networkSettingsOf } from '../networks/network-settings.ts';
import { portMapOf } from '../ports/shown-ports.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { mountPointsOf, stateOf } from './describe.ts';
import { etcFilesOf } from './etc-files.ts';
import { apparmorEnabled } from './host-facts.ts';
import { parseSecurityOptions } from './security-opt.ts';

/** While it runs, as Docker does. */
function publishedPorts(context: EngineContext, row: ContainerRow): PortMap {
  if (row.status !== 'running' && row.status !== 'paused') return {};
  return portMapOf(context.ports.of(row.id), row.spec.config.ExposedPorts);
}

/** The full description of a container, in the shape of `GET /containers/{id}/json`. */
export function inspectRow(context: EngineContext, row: ContainerRow): ContainerInspect {
  const paths = pathsOf(context.root, row.id);
  const etc = etcFilesOf(paths.directory);
  const execs = context.execs.idsOf(row.id);
  const { apparmor } = parseSecurityOptions(row.hostConfig.SecurityOpt);
  return {
    Id: row.id,
    Created: formatTimeNs(row.createdNs),
    Path: row.spec.path,
    Args: row.spec.args,
    State: stateOf(row),
    Image: row.imageId,
    ResolvConfPath: etc.resolvConf,
    HostnamePath: etc.hostname,
    HostsPath: etc.hosts,
    LogPath: row.hostConfig.LogConfig.Type === 'json-file' ? paths.log : '',
    Name: `/${row.name}`,
    RestartCount: row.restartCount,
    Driver: context.images.driverOf(row.id),
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: apparmorEnabled()
      ? (apparmor ?? (row.hostConfig.Privileged ? 'unconfined' : DEFAULT_PROFILE))
      : '',
    ExecIDs: execs.length > 0 ? execs : null,
    HostConfig: { ...row.hostConfig, Links: shownLinks(row) },
    GraphDriver: context.images.graphDriver(row.id),
    Mounts: mountPointsOf(row.spec.mounts),
    Config: row.spec.config,
    NetworkSettings: { ...networkSettingsOf(context, row), Ports: publishedPorts(context, row) },
  };
}
