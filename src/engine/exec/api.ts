import type { Duplex } from 'node:stream';
import type { ExecConfig, ExecCreateResponse, ExecInspect, ExecStartConfig } from '#spec/docker-api/containers.ts';
import type { TerminalSize } from '../containers/api.ts';

export interface StartedExec {
  readonly tty: boolean;
  /** Absent when detached; see {@link Attachment} for the bytes. */
  readonly stream?: Duplex;
}

/** Processes added to running containers (`docker exec`). */
export interface Execs {
  create(containerRef: string, config: ExecConfig): Promise<ExecCreateResponse>;
  start(id: string, config: ExecStartConfig): Promise<StartedExec>;
  inspect(id: string): Promise<ExecInspect>;
  resize(id: string, size: TerminalSize): Promise<void>;
}
