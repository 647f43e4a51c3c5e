import { BerthError } from '#base/errors.ts';
import type { Sql } from './sql.ts';

/** What an exec was created with, complete. */
export interface ExecSpec {
  readonly cmd: readonly string[];
  readonly env: readonly string[];
  readonly user: string;
  readonly workingDir: string;
  readonly privileged: boolean;
  readonly tty: boolean;
  readonly attachStdin: boolean;
  readonly attachStdout: boolean;
  readonly attachStderr: boolean;
  readonly detachKeys: string;
  /** Rows, columns. */
  readonly consoleSize: readonly [number, number] | null;
}

export interface ExecRow {
  readonly id: string;
  readonly containerId: string;
  readonly spec: ExecSpec;
  readonly status: 'created' | 'starting' | 'running' | 'exited';
  readonly pid: number;
  readonly keeperPid: number;
  readonly keeperStart: string;
  readonly exitCode: number | null;
}

export type ExecPatch = Partial<Pick<ExecRow, 'status' | 'pid' | 'keeperPid' | 'keeperStart' | 'exitCode'>>;

/** How long the result of a finished exec can be asked for, as in Docker's daemon. */
const KEEP_FINISHED_MS = 5 * 60 * 1000;

const COLUMNS = 'id, container_id, config, status, pid, keeper_pid, keeper_start, exit_code';

function readExec(raw: Readonly<Record<string, unknown>>): ExecRow {
  return {
    id: raw['id'] as string,
    containerId: raw['container_id'] as string,
    spec: JSON.parse(raw['config'] as string) as ExecSpec,
    status: raw['status'] as ExecRow['status'],
    pid: raw['pid'] as number,
    keeperPid: raw['keeper_pid'] as number,
    keeperStart: raw['keeper_start'] as string,
    exitCode: raw['exit_code'] as number | null,
  };
}

/** The `execs` table: plain reads and writes. */
export class ExecTable {
  readonly #db: Sql;

  constructor(db: Sql) {
    this.#db = db;
  }

  /** Also forgets execs that finished long ago. */
  insert(id: string, containerId: string, spec: ExecSpec): void {
    this.#db.run("DELETE FROM execs WHERE status = 'exited' AND finished_ms < ?", Date.now() - KEEP_FINISHED_MS);
    this.#db.run(
      "INSERT INTO execs (id, container_id, config, status) VALUES (?, ?, ?, 'created')",
      id,
      containerId,
      JSON.stringify(spec),
    );
  }

  /** @throws not-found with Docker's words */
  get(id: string): ExecRow {
    const exec = this.find(id);
    if (exec === undefined) throw new BerthError('not-found', 'exec.not-found', `No such exec instance: ${id}`);
    return exec;
  }

  find(id: string): ExecRow | undefined {
    const raw = this.#db.get(`SELECT ${COLUMNS} FROM execs WHERE id = ?`, id);
    return raw === undefined ? undefined : readExec(raw);
  }

  /** Marks a created exec as this process's to start; false when somebody else was first. */
  claim(id: string): boolean {
    return this.#db.run("UPDATE execs SET status = 'starting' WHERE id = ? AND status = 'created'", id) === 1;
  }

  patch(id: string, patch: ExecPatch): void {
    this.#db.run(
      `UPDATE execs SET status = coalesce(?2, status), pid = coalesce(?3, pid), keeper_pid = coalesce(?4, keeper_pid),
         keeper_start = coalesce(?5, keeper_start), exit_code = coalesce(?6, exit_code),
         finished_ms = CASE ?2 WHEN 'exited' THEN ?7 ELSE finished_ms END
       WHERE id = ?1`,
      id,
      patch.status ?? null,
      patch.pid ?? null,
      patch.keeperPid ?? null,
      patch.keeperStart ?? null,
      patch.exitCode ?? null,
      Date.now(),
    );
  }

  /** Execs of a container that have not finished. */
  active(containerId: string): ExecRow[] {
    return this.#db
      .all(`SELECT ${COLUMNS} FROM execs WHERE container_id = ? AND status IN ('starting', 'running')`, containerId)
      .map(readExec);
  }

  /** Ids for `ExecIDs` of inspect. */
  idsOf(containerId: string): string[] {
    return this.#db
      .all("SELECT id FROM execs WHERE container_id = ? AND status IN ('created', 'starting', 'running')", containerId)
      .map((raw) => raw['id'] as string);
  }

  /** Marks what still counts as running in a container as ended with it. */
  finishAll(containerId: string, exitCode: number): void {
    this.#db.run(
      `UPDATE execs SET status = 'exited', exit_code = ?2, pid = 0, finished_ms = ?3
       WHERE container_id = ?1 AND status IN ('starting', 'running')`,
      containerId,
      exitCode,
      Date.now(),
    );
  }
}
