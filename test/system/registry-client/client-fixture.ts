import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type DistributionOptions, openDistribution } from '#distribution/open-distribution.ts';
import type { ProgressMessage } from '#spec/docker-api/images.ts';
import { parseReference, withDefaultTag } from '#spec/reference.ts';
import { type Fixture, openFixture } from '../store/fixture.ts';
import { FakeRegistry } from './fake-registry.ts';

export interface ClientFixture extends AsyncDisposable {
  readonly registry: FakeRegistry;
  readonly store: Fixture;
  /** Pulls `repository:tag` of the registry. @returns the image's id */
  pull(name: string, more?: Partial<DistributionOptions> & PullMore): Promise<string>;
  readonly messages: ProgressMessage[];
}

interface PullMore {
  readonly credential?: { readonly username: string; readonly password: string };
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string };
  readonly reference?: string;
}

/** A registry that does as it is told, and an empty store. */
export async function openClientFixture(driver?: 'overlay' | 'vfs'): Promise<ClientFixture> {
  const registry = await new FakeRegistry().listen();
  const store = openFixture(driver);
  const messages: ProgressMessage[] = [];
  return {
    registry,
    store,
    messages,
    pull: async (name, { credential, platform, reference, ...more } = {}) => {
      const distribution = openDistribution({ store: store.store, env: {}, userAgent: 'berth-test', ...more });
      const signal = new AbortController().signal;
      const wanted = withDefaultTag(parseReference(reference ?? `${registry.host}/${name}`));
      const report = (message: ProgressMessage) => void messages.push(message);
      return (await distribution.pull(wanted, { credential, platform, signal, report })).id;
    },
    [Symbol.asyncDispose]: async () => {
      await registry[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** Names of everything that is in a store and that a failed pull may not leave visible. */
export function visibleIn({ root, store }: Fixture): {
  images: number;
  layers: string[];
  blobs: string[];
  downloads: string[];
} {
  const list = (path: string) => (existsSync(path) ? readdirSync(path) : []);
  return {
    images: store.images.table.all().length,
    layers: list(join(root, 'layers')).flatMap((driver) => list(join(root, 'layers', driver))),
    blobs: list(join(root, 'blobs/sha256')),
    downloads: list(join(root, 'downloads')),
  };
}
