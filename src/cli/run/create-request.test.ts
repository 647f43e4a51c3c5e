import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { messageOf } from '#base/errors.ts';
import type { GoldenFiles } from '../../../test/lib/golden-files.ts';
import { writeGoldenFiles } from '../../../test/lib/golden-files.ts';
import { FlagError } from '../flag-error.ts';
import { CREATE_FLAGS } from '../flags/run.ts';
import { parseFlags } from '../parse-flags.ts';
import { createRequestOf } from './create-request.ts';

type Fields = Record<string, unknown>;
interface Golden {
  readonly environment: Record<string, string>;
  readonly base: Fields;
  readonly cases: readonly { args: string[]; exit: number; stderr: string; body?: Fields }[];
}

const GOLDENS = join(import.meta.dirname, '../../../test/goldens');
const read = (name: string): unknown => JSON.parse(readFileSync(join(GOLDENS, name), 'utf8'));
const golden = read('create-bodies.json') as Golden;

/** What the flags alone do not decide: the image's name, the file for the id, the platform, the pull policy. */
const LATER = new Set(['--cidfile', '--platform', '--pull', '--cpu-count']);

function apply(base: Fields, changes: Fields): Fields {
  const merged = { ...base };
  for (const [name, value] of Object.entries(changes)) {
    if (value === '$absent') delete merged[name];
    else if (name === 'HostConfig') merged[name] = apply(base[name] as Fields, value as Fields);
    else merged[name] = value;
  }
  return merged;
}

/** docker keeps these in maps, so that their order is not told. */
function sorted(body: Fields): Fields {
  const host = body['HostConfig'] as Fields;
  const sort = (list: unknown) => (Array.isArray(list) ? [...list].sort() : list);
  return { ...body, Env: sort(body['Env']), HostConfig: { ...host, Binds: sort(host['Binds']) } };
}

describe('createRequestOf() makes the body that the docker client sends', () => {
  let parent = '';
  let cwd = '';
  before(() => {
    parent = mkdtempSync(join(tmpdir(), 'berth-create-'));
    cwd = join(parent, 'cwd');
    mkdirSync(cwd);
    writeGoldenFiles(cwd, read('create-files.json') as GoldenFiles);
  });
  after(() => rmSync(parent, { recursive: true }));

  const parse = (args: readonly string[]) => {
    const warnings: string[] = [];
    const line = parseFlags(CREATE_FLAGS, args, { interspersed: false });
    const host = { env: golden.environment, cwd, warn: (text: string) => warnings.push(text) };
    return { body: createRequestOf(line.flags, line.args, host), warnings };
  };

  assert.ok(golden.cases.length > 390, `only ${golden.cases.length} goldens`);
  for (const { args, exit, stderr, body } of golden.cases) {
    if (args.length === 0 || args.some((arg) => LATER.has(arg))) continue;
    const isImageProblem = exit === 1;
    if (isImageProblem) continue;
    test(`create ${args.join(' ')}`, () => {
      if (body !== undefined) {
        const expected = sorted(apply(golden.base, body));
        const text = JSON.stringify(expected).replaceAll('$CWD', cwd).replaceAll('$PARENT', dirname(cwd));
        assert.deepEqual(JSON.parse(JSON.stringify(sorted(parse(args).body as Fields))), JSON.parse(text));
        return;
      }
      assert.throws(
        () => parse(args),
        (error) => {
          const said = error instanceof FlagError ? messageOf(error) : `docker: ${messageOf(error)}`;
          assert.equal(said, stderr.split('\n\n')[0]);
          return true;
        },
      );
    });
  }
});
