import { BerthError } from '#base/errors.ts';

/** Where an engine's socket is; as `node:http` takes it. */
export type EngineAddress =
  | { readonly kind: 'unix'; readonly socketPath: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly basePath: string };

/**
 * Reads the value of `--host` and `DOCKER_HOST`: `unix:///path`, `tcp://host[:port][/path]`, `http://...`.
 *
 * @throws invalid for a form that docker does not know either, unsupported for `ssh://`, `fd://` and `npipe://`
 */
export function parseEngineHost(host: string): EngineAddress {
  const [, scheme, rest] = /^([a-z]+):\/\/(.*)$/s.exec(host) ?? [];
  if (scheme === undefined || rest === undefined)
    throw new BerthError('invalid', 'client.bad-host', `unable to parse docker host \`${host}\``);
  if (scheme === 'unix') return { kind: 'unix', socketPath: rest || '/var/run/docker.sock' };
  if (scheme === 'tcp' || scheme === 'http') {
    const url = URL.parse(`http://${rest || 'localhost'}`);
    if (url === null) throw new BerthError('invalid', 'client.bad-host', `unable to parse docker host \`${host}\``);
    const port = url.port === '' ? (scheme === 'tcp' ? 2375 : 80) : Number(url.port);
    const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
    return { kind: 'tcp', host: hostname, port, basePath: url.pathname.replace(/\/+$/, '') };
  }
  throw new BerthError('unsupported', 'client.bad-host', `unsupported protocol in docker host \`${host}\`: ${scheme}`);
}
