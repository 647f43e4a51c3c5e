import type { Distribution } from '#distribution/open-distribution.ts';
import type { Store } from '#store/open-store.ts';
import { type EngineDefaults, NO_DEFAULTS } from '../defaults.ts';

/** @returns opens what talks to registries when it is first needed, and anew when the settings have changed */
export function registriesOpener(
  store: Store,
  version: string,
  defaults: (() => EngineDefaults) | undefined,
): () => Promise<Distribution> {
  let opened: { readonly settings: string; readonly distribution: Promise<Distribution> } | undefined;
  return () => {
    const { proxies, registries } = defaults?.() ?? NO_DEFAULTS;
    const settings = JSON.stringify({ proxies, registries });
    // Settings may change while a daemon runs; what goes on with the old ones ends with them.
    if (opened?.settings !== settings) opened = { settings, distribution: open(store, version, proxies, registries) };
    return opened.distribution;
  };
}

async function open(
  store: Store,
  version: string,
  proxies: EngineDefaults['proxies'],
  registries: EngineDefaults['registries'],
): Promise<Distribution> {
  const { openDistribution } = await import('#distribution/open-distribution.ts');
  return openDistribution({
    store,
    env: withProxies(process.env, proxies),
    userAgent: `berth/${version}`,
    ...registries,
  });
}

/** The environment with the proxies that the settings name. */
function withProxies(env: NodeJS.ProcessEnv, { http, https, none }: EngineDefaults['proxies']): NodeJS.ProcessEnv {
  const named = { HTTP_PROXY: http, HTTPS_PROXY: https, NO_PROXY: none };
  const given = Object.entries(named).filter(([, value]) => value !== undefined);
  return {
    ...env,
    ...Object.fromEntries(
      given.flatMap(([name, value]) => [
        [name, value],
        [name.toLowerCase(), value],
      ]),
    ),
  };
}
