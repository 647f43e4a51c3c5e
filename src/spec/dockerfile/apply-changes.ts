import { BerthError } from '#base/errors.ts';
import { parseGoDuration } from '#base/go-duration.ts';
import { parseSignal } from '#base/signals.ts';
import type { HealthConfig, StringMap, StringSet } from '../docker-api/containers.ts';
import type { ImageRunConfig } from '../docker-api/images.ts';
import { expandWords, splitWords } from './words.ts';

type Mutable = { -readonly [K in keyof ImageRunConfig]: ImageRunConfig[K] };
/** What earlier changes of the same list said. */
interface Said {
  command: boolean;
}
type Apply = (config: Mutable, rest: string, said: Said) => void;

/** Shell of the shell form, as Docker has it on Linux. */
const SHELL = ['/bin/sh', '-c'];

const INSTRUCTIONS: Readonly<Record<string, Apply>> = {
  CMD: (config, rest, said) => {
    said.command = true;
    config.Cmd = commandOf(config, rest);
    delete config.ArgsEscaped;
  },
  ENTRYPOINT: (config, rest, said) => {
    // A command that came with the image was meant for the entrypoint that came with it.
    if (!said.command) delete config.Cmd;
    delete config.Entrypoint;
    if (rest === '') return;
    const command = commandOf(config, rest);
    if (command.length > 0) config.Entrypoint = command;
  },
  ENV: (config, rest) => {
    const env = new Map((config.Env ?? []).map((item) => [item.slice(0, item.indexOf('=')), item]));
    for (const [key, value] of pairs(rest, 'ENV', config)) env.set(key, `${key}=${value}`);
    config.Env = [...env.values()];
  },
  EXPOSE: (config, rest) => {
    const ports: Record<string, Record<string, never>> = { ...config.ExposedPorts };
    for (const word of words(rest, 'EXPOSE', config)) for (const port of portsOf(word)) ports[port] = {};
    config.ExposedPorts = ports as StringSet;
  },
  LABEL: (config, rest) => {
    config.Labels = { ...config.Labels, ...Object.fromEntries(pairs(rest, 'LABEL', config)) } as StringMap;
  },
  ONBUILD: (config, rest) => {
    const trigger = rest.split(/\s/, 1)[0]!.toUpperCase();
    if (trigger === 'ONBUILD') throw invalid("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
    if (trigger === 'FROM' || trigger === 'MAINTAINER') throw invalid(`${trigger} isn't allowed as an ONBUILD trigger`);
    config.OnBuild = [...(config.OnBuild ?? []), rest];
  },
  STOPSIGNAL: (config, rest) => {
    const signal = expandWords(rest, envOf(config));
    parseSignal(signal);
    config.StopSignal = signal;
  },
  USER: (config, rest) => {
    config.User = expandWords(rest, envOf(config));
  },
  VOLUME: (config, rest) => {
    const volumes: Record<string, Record<string, never>> = { ...config.Volumes };
    const paths = jsonList(rest) ?? words(rest, 'VOLUME', config);
    if (paths.length === 0) throw invalid('VOLUME requires at least one argument');
    for (const path of paths) {
      if (path.trim() === '') throw invalid('VOLUME specified can not be an empty string');
      volumes[path] = {};
    }
    config.Volumes = volumes as StringSet;
  },
  WORKDIR: (config, rest) => {
    const path = expandWords(rest, envOf(config));
    const base = path.startsWith('/') ? '' : (config.WorkingDir ?? '');
    config.WorkingDir = cleanDirectory(`${base}/${path}`);
  },
  HEALTHCHECK: (config, rest) => {
    config.Healthcheck = healthcheck(rest);
  },
};

/** Instructions that take one argument, whatever blanks it has. */
const SINGLE = new Set(['USER', 'WORKDIR', 'STOPSIGNAL']);

/**
 * Applies Dockerfile instructions to an image's configuration, as `--change` of commit and import does.
 *
 * @throws invalid with Docker's words
 */
export function applyChanges(config: ImageRunConfig, changes: readonly string[]): ImageRunConfig {
  const result: Mutable = { ...config };
  const said: Said = { command: false };
  for (const change of changes) {
    for (const line of change.split('\n')) {
      const text = line.trim();
      if (text === '' || text.startsWith('#')) continue;
      const match = /^(\S+)\s*(.*)$/s.exec(text)!;
      const name = match[1]!.toUpperCase();
      const apply = INSTRUCTIONS[name];
      if (apply === undefined) throw invalid(`${name} is not a valid change command`);
      const rest = match[2]!.trim();
      if (rest === '' && name !== 'CMD' && name !== 'ENTRYPOINT') {
        throw invalid(`${name} requires ${SINGLE.has(name) ? 'exactly' : 'at least'} one argument`);
      }
      apply(result, rest, said);
    }
  }
  return result;
}

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'change.invalid', message);
}

/** A command in its list form, or its shell form run by a shell. */
function commandOf(config: ImageRunConfig, rest: string): string[] {
  const shell = config.Shell ?? SHELL;
  return rest === '' ? [...shell] : (jsonList(rest) ?? [...shell, rest]);
}

/** A JSON list of strings, undefined when the text is none. */
function jsonList(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value as string[];
  } catch {
    // Not JSON: then it is a command that begins with a bracket.
  }
  return undefined;
}

function envOf(config: ImageRunConfig): ReadonlyMap<string, string> {
  return new Map(
    (config.Env ?? []).map((item) => [item.slice(0, item.indexOf('=')), item.slice(item.indexOf('=') + 1)]),
  );
}

function words(rest: string, name: string, config: ImageRunConfig): string[] {
  const found = splitWords(rest, envOf(config));
  if (found.length === 0) throw invalid(`${name} requires at least one argument`);
  return found;
}

/** `KEY=VALUE ...`, or the old form `KEY VALUE` where the value is all the rest. */
function pairs(rest: string, name: string, config: ImageRunConfig): [string, string][] {
  const env = envOf(config);
  const first = /^\S+/.exec(rest)?.[0] ?? '';
  if (!first.includes('=')) {
    const match = /^(\S+)\s+(.+)$/s.exec(rest);
    if (match === null) throw invalid(`${name} must have two arguments`);
    return [[match[1]!, expandWords(match[2]!, env)]];
  }
  return splitWords(rest, env).map((word) => {
    const equals = word.indexOf('=');
    if (equals < 0)
      throw invalid(`Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`);
    if (equals === 0) throw invalid(`${name} names can not be blank`);
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
}

function portsOf(word: string): string[] {
  const match = /^(\d+)(?:-(\d+))?(?:\/([a-zA-Z]+))?$/.exec(word);
  const from = Number(match?.[1]);
  const to = Number(match?.[2] ?? match?.[1]);
  if (match === null || to < from || to > 65_535) throw invalid(`Invalid containerPort: ${word}`);
  const protocol = (match[3] ?? 'tcp').toLowerCase();
  if (!['tcp', 'udp', 'sctp'].includes(protocol)) throw invalid(`Invalid proto: ${match[3]}`);
  return Array.from({ length: to - from + 1 }, (_, i) => `${from + i}/${protocol}`);
}

const HEALTH_FLAGS = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
} as const;

function healthcheck(text: string): HealthConfig {
  const health: { -readonly [K in keyof HealthConfig]: HealthConfig[K] } = {};
  let rest = text;
  for (let match = FLAG.exec(rest); match !== null; match = FLAG.exec(rest)) {
    const [all, name = '', value = ''] = match;
    rest = rest.slice(all.length);
    if (name === 'retries') {
      if (!/^\d+$/.test(value)) throw invalid(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
      health.Retries = Number(value);
      continue;
    }
    const key = HEALTH_FLAGS[name as keyof typeof HEALTH_FLAGS];
    if (key === undefined) throw invalid(`unknown flag: ${name}`);
    const duration = parseGoDuration(value);
    if (duration === undefined) throw invalid(`time: invalid duration ${JSON.stringify(value)}`);
    if (duration !== 0n && duration < 1_000_000n)
      throw invalid(`Interval ${JSON.stringify(name)} cannot be less than 1ms`);
    health[key] = Number(duration);
  }
  const match = /^(\S+)\s*(.*)$/s.exec(rest);
  const type = match?.[1]?.toUpperCase();
  const command = match?.[2]?.trim() ?? '';
  if (type === 'NONE') {
    if (command !== '') throw invalid('HEALTHCHECK NONE takes no arguments');
    return { Test: ['NONE'] };
  }
  if (type !== 'CMD') throw invalid(`Unknown type ${JSON.stringify(type ?? '')} in HEALTHCHECK (try CMD)`);
  if (command === '') throw invalid('Missing command after HEALTHCHECK CMD');
  const list = jsonList(command);
  return { Test: list === undefined ? ['CMD-SHELL', command] : ['CMD', ...list], ...health };
}

const FLAG = /^--([a-z-]+)=(\S+)\s+/;

function cleanDirectory(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
