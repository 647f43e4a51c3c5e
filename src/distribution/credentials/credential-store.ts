import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { BerthError, isErrno, messageOf } from '#base/errors.ts';
import { asObject, asOptionalString, type JsonObject } from '#spec/oci-image/json-checks.ts';
import type { Credential } from '../auth/credential.ts';
import { credentialHelper, type RunHelper } from './credential-helper.ts';

/** The key of Docker's own registry among credentials. */
export const HUB_KEY = 'https://index.docker.io/v1/';

/** What a user keeps to prove who he is, in Docker's `config.json` and its helpers. */
export interface CredentialStore {
  readonly path: string;
  /** @param server `HOST[:PORT]` or {@link HUB_KEY} */
  get(server: string): Promise<Credential | undefined>;
  /** @returns true when it lies in the file for everybody who reads it, false when a helper keeps it */
  store(server: string, credential: Credential): Promise<boolean>;
  /** @returns false when there was none */
  erase(server: string): Promise<boolean>;
}

/**
 * Opens the credentials of `config.json` in a directory. The file is read by each call, and what is in it besides stays as it is.
 *
 * @throws invalid for a file that is no such document
 */
export function openCredentialStore(directory: string, run: RunHelper): CredentialStore {
  const path = join(directory, 'config.json');
  return {
    path,
    get: async (server) => {
      const config = readConfig(path);
      const helper = helperFor(config, server);
      if (helper !== undefined) return await credentialHelper(helper, run).get(server);
      const entry = entryFor(asObject(config['auths'] ?? {}, `${path}: auths`), server);
      return entry === undefined ? undefined : toCredential(asObject(entry, `${path}: auths`), `${path}: auths`);
    },
    store: async (server, credential) => {
      const config = readConfig(path);
      const helper = helperFor(config, server);
      if (helper !== undefined) await credentialHelper(helper, run).store(server, credential);
      const entry = helper === undefined ? toEntry(credential) : {};
      writeConfig(path, { ...config, auths: { ...asObject(config['auths'] ?? {}, 'auths'), [server]: entry } });
      return helper === undefined;
    },
    erase: async (server) => {
      const config = readConfig(path);
      const helper = helperFor(config, server);
      const auths = asObject(config['auths'] ?? {}, `${path}: auths`);
      const keys = Object.keys(auths).filter((key) => key === server || hostOf(key) === hostOf(server));
      if (helper !== undefined) await credentialHelper(helper, run).erase(server);
      if (keys.length === 0) return helper !== undefined;
      writeConfig(path, {
        ...config,
        auths: Object.fromEntries(Object.entries(auths).filter(([key]) => !keys.includes(key))),
      });
      return true;
    },
  };
}

/** The host of a key of `auths`: old ones are URLs. */
export function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').split('/')[0]!;
}

function helperFor(config: JsonObject, server: string): string | undefined {
  const helpers = asObject(config['credHelpers'] ?? {}, 'credHelpers');
  const own = Object.entries(helpers).find(([key]) => key === server || hostOf(key) === hostOf(server))?.[1];
  return asOptionalString(own, 'credHelpers') || asOptionalString(config['credsStore'], 'credsStore') || undefined;
}

function entryFor(auths: JsonObject, server: string): unknown {
  if (auths[server] !== undefined) return auths[server];
  return Object.entries(auths).find(([key]) => hostOf(key) === hostOf(server))?.[1];
}

function toCredential(entry: JsonObject, what: string): Credential | undefined {
  const auth = asOptionalString(entry['auth'], what);
  const identityToken = asOptionalString(entry['identitytoken'], what);
  const registryToken = asOptionalString(entry['registrytoken'], what);
  const decoded = auth ? Buffer.from(auth, 'base64').toString('utf8') : '';
  const colon = decoded.indexOf(':');
  if (auth && colon < 0)
    throw new BerthError('invalid', 'credentials.file', `${what}: invalid auth configuration file`);
  const username = auth ? decoded.slice(0, colon) : asOptionalString(entry['username'], what);
  const password = auth ? decoded.slice(colon + 1).replace(/\0+$/, '') : asOptionalString(entry['password'], what);
  const credential = {
    username,
    password,
    identityToken: identityToken || undefined,
    registryToken: registryToken || undefined,
  };
  return Object.values(credential).every((value) => value === undefined || value === '') ? undefined : credential;
}

function toEntry({ username = '', password = '', identityToken }: Credential): JsonObject {
  const secret = identityToken === undefined ? password : '';
  return {
    auth: Buffer.from(`${username}:${secret}`).toString('base64'),
    ...(identityToken === undefined ? {} : { identitytoken: identityToken }),
  };
}

function readConfig(path: string): JsonObject {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return {};
    throw new BerthError('invalid', 'credentials.file', `read the configuration ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (text.trim() === '') return {};
  try {
    return asObject(JSON.parse(text), path);
  } catch (error) {
    throw new BerthError('invalid', 'credentials.file', `read the configuration ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The file is whole at every moment, and the user's alone; a link stays one. */
function writeConfig(path: string, config: JsonObject): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let place = path;
  try {
    place = realpathSync(path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  const fresh = `${place}.${process.pid}.tmp`;
  try {
    const fd = openSync(fresh, 'wx', 0o600);
    try {
      writeSync(fd, JSON.stringify(config, undefined, '\t'));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    chmodSync(fresh, 0o600);
    renameSync(fresh, place);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}
