import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerInspect } from '#spec/docker-api/containers.ts';
import type { ImageInspect, ImageSummary } from '#spec/docker-api/images.ts';
import type { SystemInfo } from '#spec/docker-api/system.ts';
import { containerFor, imageFor, imagesFor, infoFor, isBefore } from './older-shapes.ts';

test('isBefore() compares versions as numbers', () => {
  assert.deepEqual([isBefore('1.9', '1.24'), isBefore('1.44', '1.44'), isBefore('1.50', '1.44')], [true, false, false]);
});

test('imagesFor() gives old clients the second size, and older ones names for what has none', () => {
  const image = { Id: 'a', RepoTags: [], RepoDigests: [], Size: 3 } as unknown as ImageSummary;
  assert.deepEqual(imagesFor('1.44', [image]), [image]);
  assert.deepEqual(imagesFor('1.43', [image]), [{ ...image, VirtualSize: 3 }]);
  const named = { RepoTags: ['<none>:<none>'], RepoDigests: ['<none>@<none>'] };
  assert.deepEqual(imagesFor('1.42', [image]), [{ ...image, ...named, VirtualSize: 3 }]);
});

test('imageFor() says of which container an image was made, and what only containers have, as long as clients read it', () => {
  const image = { Id: 'a', Size: 3, Created: 'x', Config: { User: 'me' } } as unknown as ImageInspect;
  assert.equal(imageFor('1.50', image), image);
  const { Config: config, ...v149 } = imageFor('1.49', image) as Record<string, unknown> & { Config: object };
  assert.deepEqual(v149, { Id: 'a', Size: 3, Created: 'x' });
  assert.deepEqual({ ...config, User: 'me', Hostname: '', Tty: false, Image: '' }, config);
  const { Config: _, ...v144 } = imageFor('1.44', image) as Record<string, unknown>;
  assert.deepEqual(v144, { ...v149, Container: '', ContainerConfig: null });
  const { Config: __, ...v124 } = imageFor('1.24', image) as Record<string, unknown>;
  assert.deepEqual(v124, { ...v144, VirtualSize: 3 });
});

test('containerFor() shows own names among the aliases of networks of users until 1.44', () => {
  const networks = { bridge: { Aliases: null }, mine: { Aliases: ['x'] } };
  const container = {
    Id: '0123456789abcdef',
    Config: { Hostname: 'host' },
    NetworkSettings: { Networks: networks },
  } as unknown as ContainerInspect;
  assert.equal(containerFor('1.45', container), container);
  assert.deepEqual(containerFor('1.44', container).NetworkSettings.Networks, {
    bridge: { Aliases: null },
    mine: { Aliases: ['x', '0123456789ab', 'host'] },
  });
});

test('infoFor() gives each version the fields that it has', () => {
  const info = {
    ContainerdCommit: { ID: '' },
    RuncCommit: { ID: 'r' },
    InitCommit: { ID: 'i' },
    SecurityOptions: ['name=seccomp,profile=builtin'],
    Runtimes: { berth: { path: 'p', status: {} } },
    RegistryConfig: { Mirrors: [] },
  } as unknown as SystemInfo;
  assert.equal(infoFor('1.50', info), info);
  const v149 = infoFor('1.49', info) as Record<string, unknown>;
  assert.deepEqual([v149['BridgeNfIptables'], v149['RuncCommit']], [false, { ID: 'r' }]);
  const v124 = infoFor('1.24', info) as Record<string, unknown>;
  assert.deepEqual(v124['RuncCommit'], { ID: 'r', Expected: 'r' });
  assert.deepEqual([v124['SecurityOptions'], v124['Runtimes']], [['seccomp'], { berth: { path: 'p' } }]);
});
