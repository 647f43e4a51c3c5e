import { hostname } from 'node:os';
import { BerthError } from '#base/errors.ts';
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

/** What a tag may name, by docker's names. */
const FIELDS: Readonly<Record<string, (container: LoggedContainer) => string>> = {
  ID: ({ id }) => id.slice(0, 12),
  FullID: ({ id }) => id,
  Name: ({ name }) => name,
  ImageID: ({ imageId }) => imageId.replace('sha256:', '').slice(0, 12),
  ImageFullID: ({ imageId }) => imageId,
  ImageName: ({ image }) => image,
  DaemonName: () => 'docker',
  Hostname: () => hostname(),
  ContainerID: ({ id }) => id,
  ContainerName: ({ name }) => `/${name}`,
  ContainerImageID: ({ imageId }) => imageId,
  ContainerImageName: ({ image }) => image,
};
const FUNCTIONS: Readonly<Record<string, (text: string) => string>> = {
  lower: (text) => text.toLowerCase(),
  upper: (text) => text.toUpperCase(),
  json: (text) => JSON.stringify(text),
};
const ACTION = /\{\{-?\s*(.*?)\s*-?\}\}/g;

/** One action of a tag: `.Field`, `.Field | lower`, `lower .Field`. @throws invalid */
function evaluate(action: string, container: LoggedContainer | undefined): string {
  const [, before, field, after] = /^(?:(\w+)\s+)?\.(\w+)(?:\s*\|\s*(\w+))?$/.exec(action) ?? [];
  const read = field !== undefined && Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
  const names = [before, after].filter((name) => name !== undefined);
  const functions = names.map((name) => (Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined));
  if (read === undefined || functions.includes(undefined)) {
    const message = `template: log-tag:1: {{${action}}} is not supported in a tag`;
    const hint = `use ${Object.keys(FIELDS)
      .map((name) => `{{.${name}}}`)
      .join(', ')}`;
    throw new BerthError('invalid', 'log-opt.tag', message, { hint });
  }
  return functions.reduce((text, change) => change?.(text) ?? text, container === undefined ? '' : read(container));
}

/** @throws invalid for a tag that means nothing */
export function checkTag(tag = ''): void {
  for (const [, action = ''] of tag.matchAll(ACTION)) evaluate(action, undefined);
  if (tag.replace(ACTION, '').includes('{{'))
    throw new BerthError('invalid', 'log-opt.tag', 'template: log-tag:1: unclosed action');
}

function expandTag(tag: string, container: LoggedContainer): string {
  return tag.replace(ACTION, (_, action: string) => evaluate(action, container));
}
