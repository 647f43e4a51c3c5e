import type { OciConfig } from './config.ts';

/** Life-cycle states of the OCI runtime specification 1.3 (runtime.md); `paused` is what every runtime adds. */
export type ContainerStatus = 'creating' | 'created' | 'running' | 'stopped' | 'paused';

/** What `state` prints and hooks read from their stdin (runtime.md, "State"). */
export interface State {
  readonly ociVersion: string;
  readonly id: string;
  readonly status: ContainerStatus;
  /** As seen from the host; absent when stopped. */
  readonly pid?: number;
  readonly bundle: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What goes to a seccomp listener socket with the notify descriptor (config-linux.md, "The Container Process State"). */
export interface ContainerProcessState {
  readonly ociVersion: string;
  /** `seccompFd` for the one descriptor that is sent along. */
  readonly fds: readonly string[];
  readonly pid: number;
  readonly metadata?: string;
  readonly state: State;
}

/** The version of the specification that Berth implements. */
export const OCI_VERSION = '1.3.0' satisfies OciConfig['ociVersion'];
