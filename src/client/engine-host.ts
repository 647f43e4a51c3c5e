import { BerthError } from '#base/errors.ts';

/** Where an engine's socket is; as `node:http` takes it. */
export type EngineAddress =
  | { readonly kind: 'unix'; readonly socketPath: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly basePath: string }
  /** Reached through the `ssh` program; absent parts are its configuration's. */
  | { readonly kind: 'ssh'; readonly host: string; readonly port?: number; readonly user?: string };

function badHost(host: string): BerthError {
  return new BerthError('invalid', 'client.bad-host', `unable to parse docker host \`${host}\``);
}

function parseSsh(host: string): EngineAddress {
  const url = URL.parse(host);
  if (url === null || url.hostname === '') throw badHost(host);
  if (url.password !== '')
    throw new BerthError(
      'invalid',
      'client.bad-host',
      `ssh host connection is not valid: plain-text password is not supported`,
    );
  if (url.search !== '' || url.hash !== '') throw badHost(host);
  return {
    kind: 'ssh',
    host: url.hostname,
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...(url.username === '' ? {} : { user: decodeURIComponent(url.username) }),
  };
}

/**
 * A value of `--host` or `DOCKER_HOST` with what people leave out: without a scheme it is TCP; without a host this machine; then docker's port.
 *
 * @param tls decides the port as in {@link parseEngineHost}
 */
export function completeHost(host: string, tls: boolean): string {
  if (/^[a-z]+:\/\//.test(host)) return host;
  const [, name = '', port, path = ''] = /^(\[[^\]]*\]|[^:/]*)(?::(\d+))?(\/.*)?$/s.exec(host) ?? [];
  if (name === '' && port === undefined && path === '') return host;
  return `tcp://${name || 'localhost'}:${port ?? (tls ? 2376 : 2375)}${path}`;
}

/**
 * Reads the value of `--host` and `DOCKER_HOST`: `unix:///path`, `tcp://host[:port][/path]`, `http://...`, `ssh://[user@]host[:port]`.
 *
 * @param tls decides the port of `tcp://` where none is given: 2376 with TLS, 2375 without
 * @throws invalid for a form that docker does not know either, unsupported for `fd://` and `npipe://`
 */
export function parseEngineHost(host: string, tls = false): EngineAddress {
  const [, scheme, rest] = /^([a-z]+):\/\/(.*)$/s.exec(host) ?? [];
  if (scheme === undefined || rest === undefined) throw badHost(host);
  switch (scheme) {
    case 'unix':
      return { kind: 'unix', socketPath: rest || '/var/run/docker.sock' };
    case 'ssh':
      return parseSsh(host);
    case 'tcp':
    case 'http':
    case 'https': {
      const url = URL.parse(`http://${rest || 'localhost'}`);
      if (url === null) throw badHost(host);
      const usual = scheme === 'tcp' ? (tls ? 2376 : 2375) : scheme === 'https' ? 443 : 80;
      const port = url.port === '' ? usual : Number(url.port);
      const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
      return { kind: 'tcp', host: hostname, port, basePath: url.pathname.replace(/\/+$/, '') };
    }
    default: {
      const message = `unsupported protocol in docker host \`${host}\`: ${scheme}`;
      throw new BerthError('unsupported', 'client.bad-host', message);
    }
  }
}
