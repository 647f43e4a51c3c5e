import type { Duplex } from 'node:stream';
import type {
  ContainerCreateRequest,
  ContainerCreateResponse,
  ContainerInspect,
  ContainerListQuery,
  ContainerPruneReport,
  ContainerSummary,
  ContainerUpdateRequest,
  ContainerUpdateResponse,
  ContainerWaitResponse,
  WaitCondition,
} from '#spec/docker-api/containers.ts';

export interface CreateOptions {
  /** Without or with a leading slash; a random one when absent. */
  readonly name?: string;
  /** `os[/arch[/variant]]`; only the host's own is accepted. */
  readonly platform?: string;
  /** Who asks: bind sources that have to be made become theirs. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** The caller starts it next: what the start does as well can wait for it. */
  readonly startFollows?: boolean;
}

export interface StopOptions {
  /** Name or number; the container's stop signal when absent. */
  readonly signal?: string;
  /** Seconds before SIGKILL; negative waits for ever; the container's own when absent. */
  readonly timeout?: number;
}

export interface RemoveOptions {
  readonly force?: boolean;
  /** Also remove the anonymous volumes. */
  readonly volumes?: boolean;
  /** Remove a link, named `OWNER/ALIAS`, instead of a container. */
  readonly link?: boolean;
}

export interface AttachOptions {
  readonly stdin?: boolean;
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  /** Live output and input (the API's `stream=1`). */
  readonly stream?: boolean;
  /** Docker's form, `ctrl-p,ctrl-q`; empty disables detaching by keys. */
  readonly detachKeys?: string;
}

export interface Attachment {
  readonly tty: boolean;
  /**
   * Bytes outwards are raw for a terminal, else Docker's 8-byte-header frames; inwards raw stdin, `end()` half-closes it.
   * Ends when the container's output ends or the client detaches. For a container that does not run yet it is connected
   * by the next start.
   */
  readonly stream: Duplex;
}

export interface TerminalSize {
  readonly rows: number;
  readonly cols: number;
}

/**
 * What can be done with containers. Every `ref` is a full id, a unique id prefix or a name. Failures are `BerthError`s with
 * Docker's wording: `not-found` ("No such container: x"), `conflict`, `invalid`, `not-modified`, `internal`.
 */
export interface Containers {
  create(request: ContainerCreateRequest, options?: CreateOptions): Promise<ContainerCreateResponse>;
  /**
   * Everything that starting such a container would ask of the kernel, in plain words grouped by subject. Nothing is created.
   *
   * @throws what `create` throws, and what would make the start impossible
   */
  explain(request: ContainerCreateRequest, options?: CreateOptions): Promise<string>;
  /** @throws not-modified when it runs already */
  start(ref: string, options?: { readonly detachKeys?: string }): Promise<void>;
  /** @throws not-modified when it does not run */
  stop(ref: string, options?: StopOptions): Promise<void>;
  restart(ref: string, options?: StopOptions): Promise<void>;
  kill(ref: string, signal?: string): Promise<void>;
  pause(ref: string): Promise<void>;
  unpause(ref: string): Promise<void>;
  /**
   * Resolves once the wait is armed (the moment to send response headers), so that a caller can start the container after
   * it; `done` resolves with the exit. Abort the signal to stop waiting.
   */
  wait(ref: string, condition?: WaitCondition, signal?: AbortSignal): Promise<{ done: Promise<ContainerWaitResponse> }>;
  remove(ref: string, options?: RemoveOptions): Promise<void>;
  rename(ref: string, name: string): Promise<void>;
  update(ref: string, request: ContainerUpdateRequest): Promise<ContainerUpdateResponse>;
  inspect(ref: string, options?: { readonly size?: boolean }): Promise<ContainerInspect>;
  list(query?: ContainerListQuery): Promise<ContainerSummary[]>;
  attach(ref: string, options: AttachOptions): Promise<Attachment>;
  resize(ref: string, size: TerminalSize): Promise<void>;
  prune(filters?: Readonly<Record<string, readonly string[]>>): Promise<ContainerPruneReport>;
  /** Facts other parts of the engine (logs, stats, top, cp, diff, commit) need about one container. */
  locate(ref: string): Promise<LocatedContainer>;
}

/** Where one container's parts are. Paths are absolute. */
export interface LocatedContainer {
  readonly id: string;
  /** Without a slash. */
  readonly name: string;
  readonly running: boolean;
  readonly paused: boolean;
  /** Init's pid in the host's pid namespace, 0 when not running. */
  readonly pid: number;
  readonly tty: boolean;
  /** `host`, `none`, `container:ID` or a network's name. */
  readonly networkMode: string;
  readonly imageId: string;
  /** `containers/<id>`. */
  readonly directory: string;
  /** `run/<id>`: the keeper's socket and exit record. */
  readonly runDirectory: string;
  readonly logPath: string;
  /** False when its log driver keeps nothing here. */
  readonly logReadable: boolean;
  readonly logOptions: Readonly<Record<string, string>>;
  /** As the cgroup layer names it, for example `/berth/<id>`. */
  readonly cgroupPath: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
  readonly inspect: () => ContainerInspect;
}
