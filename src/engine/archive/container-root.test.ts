import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { isBerthError } from '#base/errors.ts';
import type { ContainerInspect, MountPoint } from '#spec/docker-api/containers.ts';
import type { OpenRoot, Trees } from '#store/trees.ts';
import type { LocatedContainer } from '../containers/api.ts';
import { absolutePath, placePath } from './container-root.ts';

test('absolutePath() keeps what the end of a path means', () => {
  const cases: [string, string][] = [
    ['a', '/a'],
    ['/a//b/../c', '/a/c'],
    ['/a/', '/a/'],
    ['/a/.', '/a/.'],
    ['.', '/.'],
    ['/', '/'],
    ['', '/'],
    ['../../x', '/x'],
    ['/a/b/..', '/a'],
  ];
  for (const [path, expected] of cases) assert.equal(absolutePath(path), expected, path);
});

const SOURCE = mkdtempSync(`${tmpdir()}/berth-root-`);
process.on('exit', () => rmSync(SOURCE, { recursive: true, force: true }));

function mount(Destination: string, RW = true): MountPoint {
  return { Type: 'bind', Source: SOURCE, Destination, Mode: '', RW, Propagation: 'rprivate' };
}

function parts(opened: string[]) {
  const root = (what: string): OpenRoot => {
    opened.push(what);
    return { fd: -1, [Symbol.dispose]: () => {} };
  };
  return {
    trees: {
      openProcessRoot: (pid: number) => root(`process ${pid}`),
      openDirectory: (path: string) => root(`directory ${path}`),
      openRootfs: async (_rootfs: unknown, writable: boolean) => root(writable ? 'writable root' : 'root'),
    } as unknown as Trees,
    rootfsOf: async () => ({ type: 'bind', path: '/r' }) as const,
    mountPlace: (_id: string, { Source }: MountPoint) => ({ directory: Source, subpath: '' }),
  };
}

function container(running: boolean, mounts: MountPoint[], readOnly = false): LocatedContainer {
  const inspect = () => ({ Mounts: mounts, HostConfig: { ReadonlyRootfs: readOnly } }) as unknown as ContainerInspect;
  return { id: 'c', pid: 7, running, inspect } as unknown as LocatedContainer;
}

test('placePath() finds the root of running and stopped containers, and the mounts of stopped ones', async () => {
  const opened: string[] = [];
  const places = [
    await placePath(parts(opened), container(true, [mount('/data')]), '/data/x', true),
    await placePath(parts(opened), container(false, [mount('/data')]), '/data/x', true),
    await placePath(parts(opened), container(false, [mount('/data'), mount('/data/in')]), '/data/in/', false),
    await placePath(parts(opened), container(false, [mount('/data')]), '/data', false),
    await placePath(parts(opened), container(false, [mount('/data')]), '/database', false),
    await placePath(parts(opened), container(false, []), '/x', true),
  ];
  assert.deepEqual(
    places.map(({ path }, index) => [opened[index], path]),
    [
      ['process 7', '/data/x'],
      [`directory ${SOURCE}`, '/x'],
      [`directory ${SOURCE}`, '/'],
      [`directory ${SOURCE}`, '/'],
      ['root', '/database'],
      ['writable root', '/x'],
    ],
  );
});

test('placePath() refuses to write where a container could not', async () => {
  const forbidden = (message: string) => (error: unknown) =>
    isBerthError(error, 'forbidden') && error.message === message;
  await assert.rejects(
    placePath(parts([]), container(true, [], true), '/x', true),
    forbidden('container rootfs is marked read-only'),
  );
  await assert.rejects(
    placePath(parts([]), container(false, [mount('/data', false)]), '/data', true),
    forbidden('mounted volume is marked read-only'),
  );
  await placePath(parts([]), container(true, [mount('/data')], true), '/data/x', true);
  await placePath(parts([]), container(true, [], true), '/x', false);
});
