/** Docker's legacy links (`--link db:database` on the default bridge): names in /etc/hosts and variables in the environment. */
import { BerthError, messageOf } from '#base/errors.ts';
import type { HostConfig } from '#spec/docker-api/containers.ts';
import type { EngineContext } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';

type LinkContext = Pick<EngineContext, 'containers' | 'endpoints' | 'networks'>;

export interface Link {
  /** As the user called the container. */
  readonly target: string;
  readonly alias: string;
}

/** `NAME[:ALIAS]`, also as inspect shows it: `/NAME:/OWN/ALIAS`. */
export function parseLink(text: string): Link {
  const [target = '', alias = target] = text.split(':');
  return { target: target.replace(/^\//, ''), alias: alias.split('/').at(-1) ?? alias };
}

/** `HostConfig.Links` as inspect shows them. */
export function shownLinks(row: ContainerRow): readonly string[] | null {
  const links = row.hostConfig.Links ?? [];
  // In other networks they are the endpoint's.
  if (links.length === 0 || row.hostConfig.NetworkMode !== 'bridge') return null;
  return links.map(parseLink).map(({ target, alias }) => `/${target}:/${row.name}/${alias}`);
}

/**
 * Checks the links of a container that is being created.
 *
 * @throws invalid with Docker's words
 */
export function checkLinks(context: LinkContext, host: HostConfig): void {
  for (const text of host.Links ?? []) {
    const { target, alias } = parseLink(text);
    if (text.split(':').length > 2 || target === '' || alias === '') {
      throw new BerthError('invalid', 'link.form', `bad format for links: ${text}`);
    }
    // In a network of the user's own the linked container may come later: its name is looked up when it is used.
    if (host.NetworkMode !== 'bridge') continue;
    checkTarget(context, target);
  }
}

function checkTarget(context: LinkContext, target: string): void {
  let mode: string | undefined;
  try {
    mode = context.containers.get(context.containers.resolve(target))?.hostConfig.NetworkMode;
  } catch (error) {
    // Not "not found": clients take that for the image.
    throw new BerthError('invalid', 'link.container', `could not get container for ${target}: ${messageOf(error)}`);
  }
  if (mode !== 'host') return;
  throw new BerthError(
    'invalid',
    'link.host',
    "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
  );
}

interface Port {
  readonly number: number;
  readonly protocol: string;
}

/** Ports by number, TCP first of two that are equal. */
function portsOf(row: ContainerRow): Port[] {
  return Object.keys(row.spec.config.ExposedPorts ?? {})
    .map((key) => {
      const [number = '', protocol = 'tcp'] = key.split('/');
      return { number: Number(number), protocol };
    })
    .sort((a, b) => a.number - b.number || Number(b.protocol === 'tcp') - Number(a.protocol === 'tcp'));
}

function portVariables(prefix: string, address: string, { number, protocol }: Port): string[] {
  const name = `${prefix}_PORT_${number}_${protocol.toUpperCase()}`;
  return [
    `${name}=${protocol}://${address}:${number}`,
    `${name}_ADDR=${address}`,
    `${name}_PORT=${number}`,
    `${name}_PROTO=${protocol}`,
  ];
}

/** Set by builds, and no business of others. */
const PRIVATE = ['HOME', 'PATH'];

function variablesOf(row: ContainerRow, alias: string, linked: ContainerRow, address: string): string[] {
  const prefix = alias.toUpperCase().replaceAll('-', '_');
  const ports = portsOf(linked);
  const [first] = ports;
  const environment = linked.spec.config.Env.flatMap((entry) => {
    const at = entry.indexOf('=');
    return at < 0 || PRIVATE.includes(entry.slice(0, at)) ? [] : [`${prefix}_ENV_${entry}`];
  });
  return [
    ...(first === undefined ? [] : [`${prefix}_PORT=${first.protocol}://${address}:${first.number}`]),
    ...ports.flatMap((port) => portVariables(prefix, address, port)),
    `${prefix}_NAME=/${row.name}/${alias}`,
    ...environment,
  ];
}

/**
 * The variables that tell a container about those it is linked to.
 *
 * @throws conflict for one that does not run, not-found for one that is gone, with Docker's words
 */
export function linkVariables(context: LinkContext, row: ContainerRow): string[] {
  if (row.hostConfig.NetworkMode !== 'bridge') return [];
  return (row.hostConfig.Links ?? []).map(parseLink).flatMap(({ target, alias }) => {
    const linked = context.containers.get(context.containers.resolve(target));
    const place = linked === undefined ? [] : context.endpoints.of(linked.id);
    const address = place.find(({ network }) => network === 'bridge')?.lease?.ipv4;
    if (linked === undefined || address === undefined || !['running', 'paused'].includes(linked.status)) {
      const message = `Cannot link to a non running container: /${linked?.name ?? target} AS /${row.name}/${alias}`;
      throw new BerthError('conflict', 'link.not-running', message);
    }
    return variablesOf(row, alias, linked, address);
  });
}

/**
 * `rm --link OWNER/ALIAS`: the link goes, the containers stay.
 *
 * @throws invalid for what is no link's name, not-found when there is none
 */
export function removeLink(context: LinkContext, ref: string): void {
  const [owner = '', alias = '', ...more] = ref.replace(/^\//, '').split('/');
  if (alias === '' || more.length > 0) {
    throw new BerthError('conflict', 'link.name', 'Conflict, cannot remove the default link name of the container');
  }
  const row = context.containers.get(context.containers.resolve(owner));
  const links = row?.hostConfig.Links ?? [];
  const kept = links.filter((text) => parseLink(text).alias !== alias);
  if (row === undefined || kept.length === links.length) {
    throw new BerthError('not-found', 'link.not-found', `No such container: ${ref}`);
  }
  context.containers.patch(row.id, { hostConfig: { ...row.hostConfig, Links: kept.length === 0 ? null : kept } });
}
