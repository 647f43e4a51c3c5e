/** The engine's API in this process. */
import type { EngineOptions } from '#engine/engine.ts';
import { type EngineIdentity, openEngine } from '#engine/open-engine.ts';
import { dispatchTo } from '#serve/docker-api/dispatch.ts';
import { API_VERSION, MINIMUM_API_VERSION } from '#serve/docker-api/router.ts';
import type { Dispatch } from '#spec/docker-api/exchange.ts';
import { builtFile } from '#sys/own-program.ts';
import packageFile from '../../package.json' with { type: 'json' };
import { exitCommandOf, restoreCommandOf } from './internal.ts';
import { rootDefaults } from './root-defaults.ts';

async function* makeRegistryImage(): AsyncIterable<Uint8Array> {
  const { registryImage } = await import('./registry/registry-image.ts');
  yield* registryImage();
}

export interface OpenApi {
  readonly dispatch: Dispatch;
  /** The API version spoken. */
  readonly version: string;
  /** All that has to be waited for before the process may end without closing the engine. */
  readonly finish: () => Promise<void>;
  /** Closes the engine; containers go on running. */
  readonly close: () => Promise<void>;
}

/**
 * Opens the engine with this root behind the API.
 *
 * @param launcher program that a keeper runs when its container exits and nobody watches
 * @param more `resident` for a process that stays, `settings` what it says of itself, `defaults` when they are not those of the root
 */
export async function openApi(
  root: string,
  launcher: string,
  more: Pick<EngineOptions, 'resident' | 'defaults' | 'onHealthCheck'> &
    Partial<Pick<EngineIdentity, 'settings' | 'minimumApiVersion'>> = {},
): Promise<OpenApi> {
  const defaults = more.defaults ?? (await rootDefaults(root));
  const engine = openEngine(
    {
      root,
      exitCommand: exitCommandOf(launcher, root),
      restoreCommand: restoreCommandOf(launcher, root),
      carriedImages: {
        'berth/hello:latest': builtFile('hello.tar'),
        'berth/registry:latest': makeRegistryImage,
      },
      ...(more.resident === undefined ? {} : { resident: more.resident }),
      ...(defaults === undefined ? {} : { defaults }),
      ...(more.onHealthCheck === undefined ? {} : { onHealthCheck: more.onHealthCheck }),
    },
    {
      ...(more.settings === undefined ? {} : { settings: more.settings }),
      apiVersion: API_VERSION,
      minimumApiVersion: more.minimumApiVersion ?? MINIMUM_API_VERSION,
      build: { version: packageFile.version, commit: '', time: '' },
    },
  );
  return {
    dispatch: dispatchTo(engine),
    version: API_VERSION,
    finish: () => engine.finish(),
    close: () => engine.close(),
  };
}
