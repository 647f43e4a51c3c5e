import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createSign, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface DockerRegistry extends AsyncDisposable {
  /** `localhost:PORT` */
  readonly host: string;
}

export interface DockerRegistryOptions {
  /** Certificate and key that it shows. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly clientCa?: string } | undefined;
  readonly htpasswd?: string | undefined;
  readonly token?: { readonly realm: string; readonly bundle: string } | undefined;
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function configuration(folder: string, port: number, { tls, htpasswd, token }: DockerRegistryOptions): object {
  const auth = {
    ...(htpasswd === undefined ? {} : { htpasswd: { realm: 'test', path: htpasswd } }),
    ...(token === undefined
      ? {}
      : { token: { realm: token.realm, service: 'registry', issuer: 'test-issuer', rootcertbundle: token.bundle } }),
  };
  return {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') } },
    http: {
      addr: `127.0.0.1:${port}`,
      ...(tls === undefined
        ? {}
        : {
            tls: {
              certificate: tls.certificate,
              key: tls.key,
              ...(tls.clientCa === undefined ? {} : { clientcas: [tls.clientCa] }),
            },
          }),
    },
    ...(Object.keys(auth).length === 0 ? {} : { auth }),
  };
}

/** Starts Debian's docker-registry on a free port. */
export async function startDockerRegistry(
  folder: string,
  options: DockerRegistryOptions = {},
): Promise<DockerRegistry> {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const path = join(folder, 'config.yml');
  // JSON is YAML.
  writeFileSync(path, JSON.stringify(configuration(folder, port, options)));
  const child: ChildProcess = spawn('docker-registry', ['serve', path], {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], OTEL_TRACES_EXPORTER: 'none' },
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await untilListening(port);
  return {
    host: `localhost:${port}`,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function untilListening(port: number): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; ) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('error', () => resolve(false));
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
    });
    if (isOpen) return;
    if (Date.now() > deadline) throw new Error('docker-registry does not listen');
    await sleep(50);
  }
}

/** Makes a certificate that signs itself. @param subject whom it is for, in openssl's words @returns paths in the folder */
export function makeCertificate(
  folder: string,
  name: string,
  subject = 'DNS:localhost',
): { certificate: string; key: string } {
  mkdirSync(folder, { recursive: true });
  const certificate = join(folder, `${name}.crt`);
  const key = join(folder, `${name}.key`);
  const options = [
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
    '-addext',
    `subjectAltName=${subject}`,
  ];
  execFileSync('openssl', ['req', '-x509', ...options, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  return { certificate, key };
}

export interface TokenServer extends AsyncDisposable {
  readonly realm: string;
  /** Scopes that were asked for. */
  readonly scopes: string[];
}

/** A server of tokens for one user, signed as docker-registry wants them. */
export async function startTokenServer(
  signer: { certificate: string; key: string },
  user: string,
  password: string,
): Promise<TokenServer> {
  const scopes: string[] = [];
  const der = new X509Certificate(readFileSync(signer.certificate)).raw.toString('base64');
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? '/', 'http://x').searchParams
      .getAll('scope')
      .flatMap((scope) => scope.split(' '));
    scopes.push(...asked);
    if (request.headers.authorization !== expected) {
      response.writeHead(401).end();
      return;
    }
    const access = asked.map((scope) => {
      const [type, name, actions = ''] = scope.split(':');
      return { type, name, actions: actions.split(',') };
    });
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: 'test-issuer',
      sub: user,
      aud: 'registry',
      exp: now + 60,
      nbf: now - 10,
      iat: now,
      jti: '1',
      access,
    };
    const text = `${encode({ typ: 'JWT', alg: 'RS256', x5c: [der] })}.${encode(claims)}`;
    const signature = createSign('RSA-SHA256').update(text).sign(readFileSync(signer.key), 'base64url');
    response.end(JSON.stringify({ token: `${text}.${signature}`, expires_in: 60 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    realm: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    scopes,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
