import type { EventMessage } from '#spec/docker-api/system.ts';

type Filters = Readonly<Record<string, readonly string[]>>;

/** Actions that carry more after a colon: a filter without colon means all of them. */
const OPEN_ACTIONS = ['health_status', 'exec_create', 'exec_start'];

/** Kinds of objects that are filtered by the beginning of their id or name. */
const NAMED_KINDS = ['container', 'daemon', 'network', 'node', 'plugin', 'volume', 'service', 'secret', 'config'];

function exact(wanted: readonly string[] | undefined, ...values: readonly string[]): boolean {
  return wanted === undefined || wanted.length === 0 || wanted.some((want) => values.includes(want));
}

function prefix(wanted: readonly string[] | undefined, ...values: readonly string[]): boolean {
  if (wanted === undefined || wanted.length === 0) return true;
  return wanted.some((want) => values.some((value) => value.startsWith(want)));
}

function withoutTag(image: string): string {
  const slash = image.lastIndexOf('/');
  const at = image.indexOf('@');
  const name = at === -1 ? image : image.slice(0, at);
  const colon = name.indexOf(':', slash + 1);
  return colon === -1 ? name : name.slice(0, colon);
}

function matchesAction(wanted: readonly string[] | undefined, action: string): boolean {
  return wanted?.some((want) => OPEN_ACTIONS.includes(want)) ? prefix(wanted, action) : exact(wanted, action);
}

/** True when all wanted `key` or `key=value` pairs are there. */
export function matchesLabels(
  wanted: readonly string[] | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  return (wanted ?? []).every((want) => {
    const split = want.indexOf('=');
    return split === -1 ? want in labels : labels[want.slice(0, split)] === want.slice(split + 1);
  });
}

/** Whether an event passes the filters of `docker events`: values of one name are alternatives, names all count. */
export function matchesEvent(filters: Filters, event: EventMessage): boolean {
  const { ID: id, Attributes: attributes } = event.Actor;
  const image = attributes['image'] ?? '';
  return (
    matchesAction(filters['event'], event.Action) &&
    exact(filters['type'], event.Type) &&
    exact(filters['scope'], event.scope) &&
    NAMED_KINDS.every((kind) => prefix(filters[kind], id, attributes['name'] ?? '')) &&
    exact(filters['image'], id, image, withoutTag(id), withoutTag(image)) &&
    matchesLabels(filters['label'], attributes)
  );
}
