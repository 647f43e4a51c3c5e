/** The value of `--volume`: `[source:]target[:options]`. */
import { isAbsolute, resolve } from 'node:path';
import { cut } from '#base/cut.ts';

interface VolumeSpec {
  readonly source: string;
  readonly target: string;
}

/** Splits at colons; one after a single letter belongs to the drive of a Windows path, as docker's client has it. */
function sections(spec: string): readonly string[] {
  const found: string[] = [];
  let section = '';
  for (const char of spec) {
    if (char !== ':' || /^\p{L}$/u.test(section)) {
      section += char;
      continue;
    }
    found.push(section);
    section = '';
  }
  return [...found, section];
}

function parseSpec(spec: string): VolumeSpec {
  if (spec === '') throw new Error('invalid empty volume spec');
  if (Buffer.byteLength(spec) <= 2) return { source: '', target: spec };
  const fail = (why: string) => new Error(`invalid spec: ${spec}: ${why}`);
  const parts = sections(spec);
  // The first complaint counts, in the order the sections stand.
  for (const [i, part] of parts.entries()) {
    if (part === '') throw fail('empty section between colons');
    if (i === 2 && parts.length > 3) throw fail('too many colons');
  }
  const [first = '', second] = parts;
  return second === undefined ? { source: '', target: first } : { source: first, target: second };
}

function isPath(source: string): boolean {
  return /^[./~]/.test(source) || source.startsWith('\\\\') || /^\p{L}:/u.test(source);
}

/**
 * Sorts the values into binds of the host configuration and anonymous volumes of the configuration.
 * A source that starts with a dot is made absolute; each value counts once.
 *
 * @throws Error in docker's words
 */
export function parseVolumeFlags(
  values: readonly string[],
  cwd: string,
): { readonly binds: readonly string[]; readonly volumes: readonly string[] } {
  const binds: string[] = [];
  const volumes: string[] = [];
  for (const value of new Set(values)) {
    const { source } = parseSpec(value);
    if (source === '') {
      volumes.push(value);
      continue;
    }
    const [host, target] = cut(value, ':');
    const isRelative = isPath(source) && !isAbsolute(host) && host.startsWith('.');
    binds.push(isRelative ? `${resolve(cwd, host)}:${target}` : value);
  }
  return { binds, volumes };
}
