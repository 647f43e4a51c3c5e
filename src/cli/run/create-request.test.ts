import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ApiRequest, Dispatch } from '#spec/docker-api/exchange.ts';
import type { GoldenFiles } from '../../../test/lib/golden-files.ts';
import { writeGoldenFiles } from '../../../test/lib/golden-files.ts';
import { runCliWith } from '../../../test/lib/run-cli.ts';

type Fields = Record<string, unknown>;
interface Golden {
  readonly environment: Record<string, string>;
  readonly base: Fields;
  readonly cases: readonly {
    readonly args: readonly string[];
    readonly exit: number;
    readonly stderr: string;
    readonly query?: Readonly<Record<string, string>>;
    readonly body?: Fields;
  }[];
}

const GOLDENS = join(import.meta.dirname, '../../../test/goldens');
const read = (name: string): unknown => JSON.parse(readFileSync(join(GOLDENS, name), 'utf8'));
const golden = read('create-bodies.json') as Golden;

/** docker drops it without a word. */
const KERNEL_MEMORY =
  'WARNING: --kernel-memory has no effect: the kernel has no such limit of its own any more, use --memory\n';

/** Where Berth says something else on purpose: logrus's form of a warning. */
const OTHER_WORDS = /^time="[^"]*" level=warning msg="([^"]*)"\n$/;

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

/** What Berth says where docker says its own name. */
function inOurWords(text: string): string {
  return text
    .replace(OTHER_WORDS, 'WARNING: $1\n')
    .replaceAll("'docker create", "'berth create")
    .replace(/^docker: /, 'berth: ')
    .replace('Usage:  docker', 'Usage:  berth');
}

describe('create sends what the docker client sends, and complains as it does', () => {
  let parent = '';
  let cwd = '';
  before(() => {
    parent = mkdtempSync(join(tmpdir(), 'berth-create-'));
    cwd = join(parent, 'cwd');
  });
  after(() => rmSync(parent, { recursive: true }));

  assert.ok(golden.cases.length > 390, `only ${golden.cases.length} goldens`);
  for (const { args, exit, stderr, query, body } of golden.cases) {
    test(`create ${args.join(' ')}`, async () => {
      rmSync(cwd, { recursive: true, force: true });
      writeGoldenFiles(cwd, read('create-files.json') as GoldenFiles);
      let seen: ApiRequest | undefined;
      const dispatch: Dispatch = async (request) => {
        seen = request;
        const value = { Id: '0123456789ab', Warnings: [] };
        return { status: 201, headers: {}, body: { kind: 'json', value } };
      };
      const result = await runCliWith(dispatch, ['create', ...args], { cwd, env: golden.environment });
      const more = args.includes('--kernel-memory') ? KERNEL_MEMORY : '';
      assert.equal(result.stderr, inOurWords(stderr) + more);
      assert.equal(result.status, exit);
      if (body === undefined) {
        assert.equal(seen, undefined);
        return;
      }
      assert.equal(result.stdout, '0123456789ab\n');
      const given = Object.entries(seen?.query ?? {}).filter(([, value]) => value !== undefined);
      assert.deepEqual(Object.fromEntries(given), query);
      const expected = JSON.stringify(sorted(apply(golden.base, body)))
        .replaceAll('$CWD', cwd)
        .replaceAll('$PARENT', parent);
      const sent = seen?.body?.kind === 'json' ? seen.body.value : undefined;
      assert.deepEqual(JSON.parse(JSON.stringify(sorted(sent as Fields))), JSON.parse(expected));
    });
  }
});
