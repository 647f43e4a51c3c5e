import type { LogConfig } from '#spec/docker-api/containers.ts';

/** What log drivers tell of a container. */
export interface LoggedContainer {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly env: readonly string[];
}

/**
 * What of a container is told with every message: the labels and variables that the options name.
 */
export function logAttributes(log: LogConfig, container: LoggedContainer): Record<string, string> {
  const attributes: Record<string, string> = {};
  const names = (option: string) => (log.Config[option] ?? '').split(',').filter((name) => name !== '');
  const pattern = (option: string) => {
    const text = log.Config[option];
    return text === undefined || text === '' ? undefined : new RegExp(text);
  };
  const labels = names('labels');
  const labelPattern = pattern('labels-regex');
  for (const [name, value] of Object.entries(container.labels)) {
    if (labels.includes(name) || labelPattern?.test(name)) attributes[name] = value;
  }
  const variables = names('env');
  const envPattern = pattern('env-regex');
  for (const entry of container.env) {
    const equals = entry.indexOf('=');
    if (equals < 0) continue;
    const name = entry.slice(0, equals);
    if (variables.includes(name) || envPattern?.test(name)) attributes[name] = entry.slice(equals + 1);
  }
  return attributes;
}

/** The tag of a container's messages: what the option `tag` says, else the short id. */
export function logTag(log: LogConfig, container: LoggedContainer): string {
  return expandTag(log.Config['tag'] || '{{.ID}}', container);
}

function expandTag(tag: string, container: LoggedContainer): string {
  const fields: Record<string, string> = {
    ImageID: container.imageId.replace('sha256:', '').slice(0, 12),
    ImageFullID: container.imageId,
    DaemonName: 'docker',
    ID: container.id.slice(0, 12),
    FullID: container.id,
    Name: container.name,
    ImageName: container.image,
  };
  return tag.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (whole, field: string) => fields[field] ?? whole);
}
