import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { namesDirectory } from '#network/names/name-ops.ts';
import { isAlive, until } from '../keeper/running.ts';
import { ask, idOf, member, openNamesRoot, processesNaming } from './container.ts';

/** The two processes of a root's resolver, by what the kernel calls them. */
function resolversOf(root: string): { guard: number; resolver: number } | undefined {
  const pids = processesNaming(namesDirectory(root));
  const named = (name: string) => pids.find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === name);
  try {
    const [guard, resolver] = [named('berth-guard'), named('berth-resolver')];
    return guard === undefined || resolver === undefined ? undefined : { guard, resolver };
  } catch {
    return undefined; // one ended meanwhile
  }
}

test('many containers share an alias: every address comes first at some time, and TCP has those that do not fit', async () => {
  await using names = openNamesRoot();
  const web = await names.start('web', [member('red', ['web', 'pool'], ['172.30.0.1'])]);
  const others = Array.from({ length: 299 }, (_, i) => `172.30.${1 + (i >> 8)}.${i & 255}`);
  for (const [i, address] of others.entries()) names.write(`c${i}`, [member('red', [`c${i}`, 'pool'], [address])]);
  const all = ['172.30.0.1', ...others].map((address) => `A ${address}`).sort();
  for (let i = 0; ; i++) {
    const [answer] = await ask(web, { name: 'pool', tcp: true });
    if (answer?.records.length === 300) {
      assert.deepEqual([...answer.records].sort(), all);
      break;
    }
    assert.ok(i < 100, `only ${answer?.records.length} addresses`);
  }
  const queries = Array.from({ length: 200 }, () => ({ name: 'pool', edns: 1232 }));
  const answers = await ask(web, ...queries, { name: 'c298' });
  assert.deepEqual(answers.pop()?.records, [`A ${others.at(-1)}`]);
  assert.ok(answers.every((answer) => answer?.truncated === true && answer.bytes <= 1232));
  assert.ok(new Set(answers.map((answer) => answer?.records[0])).size > 50);
});

test('a running container gets other names, joins and leaves networks, and is gone with its keeper', async () => {
  await using names = openNamesRoot();
  const web = await names.start('web', [member('red', ['web'], ['172.30.0.2'])]);
  const other = await names.start('other', [member('red', ['old'], ['172.30.0.3'])]);
  const find = async (name: string) => (await ask(web, { name }))[0]?.records[0];
  assert.equal(await find('old'), 'A 172.30.0.3');
  const becomes = async (name: string, record: string | undefined) => {
    for (let i = 0; (await find(name)) !== record; i++) assert.ok(i < 100, `${name} never became ${record}`);
  };
  names.write('other', [member('red', ['new'], ['172.30.0.3']), member('blue', ['new'], ['172.31.0.3'])]);
  await becomes('new', 'A 172.30.0.3');
  assert.equal(await find('old'), undefined);
  names.write('web', [member('blue', ['web'], ['172.31.0.2'], { links: { db: 'new' } })]);
  await becomes('new', 'A 172.31.0.3');
  assert.equal(await find('DB'), 'A 172.31.0.3');
  process.kill(other.keeperPid, 'SIGKILL');
  await becomes('new', undefined);
  assert.ok(
    existsSync(join(namesDirectory(names.root), idOf('other'))),
    'the file is still there: only the keeper told',
  );
});

test('killed resolvers and guards come back, with everything they knew, and end after the last container', async () => {
  await using names = openNamesRoot();
  const web = await names.start('web', [member('red', ['web'], ['172.30.0.2'])]);
  const other = await names.start('other', [member('red', ['other'], ['172.30.0.3'])]);
  for (const victim of ['resolver', 'guard', 'resolver'] as const) {
    const before = await until('the resolver runs', () => resolversOf(names.root));
    process.kill(before[victim], 'SIGKILL');
    // Asked at once: the query waits in the socket.
    const [one] = await ask(web, { name: 'other' });
    const [two] = await ask(other, { name: 'web', tcp: true });
    assert.deepEqual([one?.records, two?.records], [['A 172.30.0.3'], ['A 172.30.0.2']]);
    await until('the killed one has gone', () => !isAlive(before[victim]));
  }
  const running = await until('the resolver runs', () => resolversOf(names.root));
  const status = readFileSync(`/proc/${running.resolver}/status`, 'utf8');
  assert.match(status, /^Uid:\t65534\t65534\t65534\t65534$/m);
  assert.match(status, /^Groups:\t *$/m);
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb']) assert.match(status, new RegExp(`^${set}:\t0+$`, 'm'));
  assert.match(status, /^NoNewPrivs:\t1$/m);
  assert.match(status, /^Seccomp:\t2$/m);
  assert.equal(statSync(join(namesDirectory(names.root), '.socket')).mode & 0o777, 0o600);
  await web[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  await until('both have ended', () => processesNaming(namesDirectory(names.root)).length === 0);
  assert.deepEqual(readdirSync(namesDirectory(names.root)), []);
});

test('two roots have resolvers of their own that know nothing of each other', async () => {
  await using left = openNamesRoot();
  await using right = openNamesRoot();
  const here = await left.start('here', [member('red', ['here'], ['172.30.0.2'])]);
  const there = await right.start('there', [member('red', ['there'], ['172.30.0.3'])]);
  const [leftOnes, rightOnes] = [left, right].map(({ root }) => until('the resolver runs', () => resolversOf(root)));
  assert.notEqual((await leftOnes)?.resolver, (await rightOnes)?.resolver);
  process.kill((await leftOnes)!.guard, 'SIGKILL');
  const [[own], [foreign]] = await Promise.all([ask(there, { name: 'there' }), ask(there, { name: 'here' })]);
  assert.deepEqual([own?.records, foreign?.rcode], [['A 172.30.0.3'], 2]);
  assert.deepEqual((await ask(here, { name: 'here' }))[0]?.records, ['A 172.30.0.2']);
});

test('a resolver that could not keep up with the changes reads everything again', async () => {
  await using names = openNamesRoot();
  const web = await names.start('web', [member('red', ['web'], ['172.30.0.2'])]);
  names.write('old', [member('red', ['old'], ['172.30.0.3'])]);
  for (let i = 0; (await ask(web, { name: 'old' }))[0]?.records.length !== 1; i++) assert.ok(i < 100, 'never found');
  const { resolver } = await until('the resolver runs', () => resolversOf(names.root));
  process.kill(resolver, 'SIGSTOP');
  try {
    const queue = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
    const files = ['one', 'two'].map((name) => join(namesDirectory(names.root), idOf(name)));
    for (let i = 0; i <= queue; i++) writeFileSync(files[i % 2]!, '');
    // Nobody is told of these any more.
    rmSync(join(namesDirectory(names.root), idOf('old')));
    names.write('new', [member('red', ['new'], ['172.30.0.4'])]);
    for (const file of files) rmSync(file);
  } finally {
    process.kill(resolver, 'SIGCONT');
  }
  for (let i = 0; (await ask(web, { name: 'new' }))[0]?.records[0] !== 'A 172.30.0.4'; i++)
    assert.ok(i < 100, 'never found');
  assert.deepEqual((await ask(web, { name: 'old' }))[0]?.records, []);
});
