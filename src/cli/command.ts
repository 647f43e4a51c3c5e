/** The contract between the command line's frame and its commands. Types only: costs nothing to import. */
import type { Readable, Writable } from 'node:stream';
import type { Client } from '#client/client.ts';
import type { RegistryCredential } from '#spec/docker-api/registries.ts';
import type { CommandRow } from './command-row.ts';
import type { ParsedFlags } from './parsed-flags.ts';

/** A stream of the process; `isTTY`, `columns` and the rest exist on terminals. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
export type Input = Readable & {
  readonly isTTY?: boolean;
  readonly fd?: number;
  setRawMode?(on: boolean): unknown;
  unref?(): unknown;
};

/** The options of TLS, for engines behind TCP; `undefined`: not said. */
export interface TlsOptions {
  readonly use: boolean;
  readonly verify: boolean | undefined;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** Global options, those before the command. */
export interface GlobalOptions {
  /** Directory of the engine's state; `undefined`: the default. */
  readonly root: string | undefined;
  /** Endpoint of an engine; `undefined`: a daemon of this root if one listens, else in process. */
  readonly host: string | undefined;
  /** Directory of the client's own configuration; `undefined`: the default. */
  readonly config: string | undefined;
  /** True when `--root` or BERTH_ROOT says it. */
  readonly isRootGiven: boolean;
  /** True when `--host` says it. */
  readonly isHostGiven: boolean;
  /** Name of a context; `undefined`: the one in use. */
  readonly context: string | undefined;
  readonly tls: TlsOptions;
  readonly debug: boolean;
  readonly logLevel: string;
}

/** What the command line is given from outside: the process's, or a test's. */
export interface CliHost {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted when the process is told to end. */
  readonly signal: AbortSignal;
  /** Lets every key on standard input and every byte of output pass the terminal as it is. @returns puts it back */
  rawTerminal?(): Promise<() => void>;
  /** Opens a client of the engine that the global options name. Called at most once. */
  connect(options: GlobalOptions): Promise<Client>;
  /** Joins standard input and output with the engine's API, for a client at the other end of a pipe. @returns the exit status */
  dialStdio?(options: GlobalOptions): Promise<number>;
  /** Opens what the user keeps to prove to registries who he is. */
  credentials?(options: GlobalOptions): Promise<UserCredentials>;
  /** Serves the engine of the root until told to end. @returns the exit status */
  serve?(options: GlobalOptions, flags: DaemonFlags): Promise<number>;
  /** Opens an engine of no images, over a place of its own that goes with it. */
  scratch?(): Promise<{ readonly client: Client } & AsyncDisposable>;
  /** Serves a registry below the root until told to end. @returns the exit status */
  serveRegistry?(options: GlobalOptions, settings: RegistryServerSettings): Promise<number>;
  /** Frees what nothing in the registry below the root needs. */
  collectRegistry?(options: GlobalOptions, how: RegistryCollectSettings): Promise<RegistryCollectReport>;
}

/** Credentials of a user by registry, `HOST[:PORT]`. */
export interface UserCredentials {
  /** File that names them or that they are in. */
  readonly path: string;
  get(server: string): Promise<RegistryCredential | undefined>;
  /** @returns true when it lies in the file readable, false when a helper keeps it */
  store(server: string, credential: RegistryCredential): Promise<boolean>;
  /** @returns false when there was none */
  erase(server: string): Promise<boolean>;
}

/** What `berth daemon` is told on its command line. */
export interface DaemonFlags {
  readonly configFile: string | undefined;
  /** Only check the settings. */
  readonly validate: boolean;
  /** Only write the service manager's units for such a daemon. */
  readonly install: boolean;
  /** By the names that the configuration file has for them. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** What `berth registry serve` is told. Durations in milliseconds. */
export interface RegistryServerSettings {
  /** `[ADDRESS]:PORT` */
  readonly listen: readonly string[];
  readonly tls:
    | { readonly cert: string; readonly key: string; readonly ca: string | undefined; readonly requestCert: boolean }
    | undefined;
  readonly htpasswd: string | undefined;
  readonly realm: string;
  readonly token:
    | { readonly realm: string; readonly service: string; readonly issuer: string; readonly keys: string }
    | undefined;
  /** URL of another registry. */
  readonly mirror: string | undefined;
  /** Most bytes of copies of that. */
  readonly mirrorBytesMax: number | undefined;
  readonly isReadOnly: boolean;
  readonly allowMissing: boolean;
  readonly blobBytesMax: number | undefined;
  readonly logLevel: string;
  readonly collect: RegistryCollectSettings & { readonly intervalMs: number };
  readonly graceMs: number;
  readonly uploadExpiryMs: number;
}

export interface RegistryCollectSettings {
  readonly graceMs: number;
  readonly untagged: boolean;
}

/** What a collection of the registry took away. */
export interface RegistryCollectReport {
  readonly manifests: number;
  readonly blobs: number;
  readonly uploads: number;
  readonly bytes: number;
}

/** What a command works with. */
export interface Context extends Omit<CliHost, 'connect'> {
  /** The client of the engine; opened by the first call. */
  client(): Promise<Client>;
  readonly options: GlobalOptions;
}

/** A parsed command line. */
export interface Invocation {
  /** Positional arguments. */
  readonly args: readonly string[];
  readonly flags: ParsedFlags;
  readonly row: CommandRow;
  /** As errors name the command: `berth container ls`. */
  readonly path: string;
}

/** @returns the exit status */
export type CommandFunction = (context: Context, call: Invocation) => Promise<number>;

/** What every file of `commands/` exports. */
export interface CommandModule {
  readonly run: CommandFunction;
}
