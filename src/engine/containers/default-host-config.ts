/** A request with what the administrator wants of containers that say nothing. */
import type { HostConfig, Loose, Ulimit } from '#spec/docker-api/containers.ts';
import type { EngineDefaults } from '../defaults.ts';

type Request = Loose<HostConfig>;

function isEmpty(value: unknown): boolean {
  return (
    value === undefined || value === null || value === '' || value === 0 || (Array.isArray(value) && value.length === 0)
  );
}

/** Docker's rule: options of the default driver count for containers that choose it, too. */
function logConfigOf(
  request: Request,
  usual: HostConfig['LogConfig'] | undefined,
): HostConfig['LogConfig'] | undefined {
  if (usual === undefined) return undefined;
  const type = request.LogConfig?.Type;
  if (!isEmpty(type) && type !== usual.Type) return undefined;
  const own = Object.entries(request.LogConfig?.Config ?? {}).filter(([, value]) => typeof value === 'string');
  return { Type: usual.Type, Config: { ...usual.Config, ...(Object.fromEntries(own) as Record<string, string>) } };
}

function ulimitsOf(request: Request, usual: readonly Ulimit[]): Ulimit[] {
  const own = (request.Ulimits ?? []) as readonly Ulimit[];
  return [...own, ...usual.filter(({ Name }) => !own.some((each) => each.Name === Name))];
}

/** `seccomp=…` as `seccomp`. */
function kindOf(option: string): string {
  return option.split(/[=:]/, 1)[0]!;
}

function securityOf(request: Request, usual: readonly string[]): string[] {
  const own = (request.SecurityOpt ?? []) as readonly string[];
  const wanted = usual.filter(
    (option) =>
      !own.some((each) => kindOf(each) === kindOf(option)) && !(request.Privileged && kindOf(option) === 'seccomp'),
  );
  return [...own, ...wanted];
}

function withGateways(entries: readonly string[], gateways: readonly string[]): string[] {
  return entries.flatMap((entry) => {
    const match = /^([^:=]+)[:=]host-gateway$/.exec(entry);
    return match === null ? entry : gateways.map((address) => `${match[1]}:${address}`);
  });
}

/**
 * Puts defaults where a request says nothing. What is taken over belongs to the container: it stays as it is when the defaults
 * change, and whoever starts it.
 */
export function withDefaults(request: Request, defaults: EngineDefaults): Request {
  const { LogConfig, Ulimits, ...plain } = defaults.host;
  const patch: Record<string, unknown> = {};
  // Who shares the network of another container has that one's name servers.
  const joins = request.NetworkMode?.startsWith('container:') ?? false;
  for (const [name, value] of Object.entries(plain)) {
    if (name.startsWith('Dns') && joins) continue;
    if (isEmpty(request[name as keyof HostConfig])) patch[name] = value;
  }
  const log = logConfigOf(request, LogConfig);
  if (log !== undefined) patch['LogConfig'] = log;
  if (Ulimits != null && Ulimits.length > 0) patch['Ulimits'] = ulimitsOf(request, Ulimits);
  if (defaults.securityOptions.length > 0) patch['SecurityOpt'] = securityOf(request, defaults.securityOptions);
  if (defaults.hostGateways.length > 0 && request.ExtraHosts != null)
    patch['ExtraHosts'] = withGateways(request.ExtraHosts as readonly string[], defaults.hostGateways);
  return { ...request, ...patch } as Request;
}
