/** Runs the command line against an engine in a root of its own: in this process, or as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { openApi } from '#main/open-api.ts';
import { type EngineFixture, eventually, openEngineFixture } from '../../lib/engine-fixture.ts';
import { runCliWith } from '../../lib/run-cli.ts';

const PROGRAM = fileURLToPath(new URL('../../../src/main/berth.ts', import.meta.url));

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Options {
  /** Sent to standard input, which then ends; without it there is none. */
  readonly input?: string | Buffer;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A process that is still running. */
export interface Running {
  readonly process: ChildProcess;
  /** What it has written so far. */
  readonly stdout: () => string;
  readonly ended: Promise<Result>;
  /** Resolves when standard output contains the text. */
  shows(text: string): Promise<void>;
}

export interface BerthFixture extends EngineFixture {
  /** Runs one in this process. */
  berth(args: readonly string[], options?: Options): Promise<Result>;
  /** Starts one in a process of its own, with an open standard input. */
  begin(args: readonly string[], options?: Options): Running;
  /** Starts one in a process of its own, on a terminal of 33 lines and 77 columns. */
  onTerminal(args: readonly string[]): Running;
}

function watch(child: ChildProcess): Running {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('latin1');
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('latin1');
  });
  const ended = new Promise<Result>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code: code ?? (signal === null ? -1 : 1000), stdout, stderr });
    });
  });
  const isOver = ended.then(() => true);
  return {
    process: child,
    stdout: () => stdout,
    ended,
    async shows(text) {
      await eventually(`the output shows ${JSON.stringify(text)}`, async () => {
        if (stdout.includes(text)) return true;
        if (await Promise.race([isOver, Promise.resolve(false)]))
          throw new Error(`it ended without ${JSON.stringify(text)}: ${stdout}${stderr}`);
        return undefined;
      });
    },
  };
}

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

export async function openBerth(): Promise<BerthFixture> {
  const fixture = await openEngineFixture();
  const api = await openApi(fixture.root, PROGRAM);
  const environment = (options: Options) => ({ ...process.env, ...options.env, BERTH_ROOT: fixture.root });
  const begin = (args: readonly string[], options: Options = {}): Running =>
    watch(
      spawn(process.execPath, ['--', PROGRAM, ...args], {
        cwd: options.cwd ?? fixture.scratch,
        env: environment(options),
        stdio: ['pipe', 'pipe', 'pipe'],
      }),
    );
  return {
    ...fixture,
    begin,
    async berth(args, options = {}) {
      const { status, stdout, stderr } = await runCliWith(api.dispatch, args, {
        cwd: options.cwd ?? fixture.scratch,
        env: { ...process.env, ...options.env },
        ...(options.input === undefined ? {} : { stdin: Readable.from([Buffer.from(options.input)]) }),
      });
      return { code: status, stdout, stderr };
    },
    onTerminal(args) {
      const line = [process.execPath, '--', PROGRAM, ...args].map(quote).join(' ');
      const child = spawn('script', ['-qefc', `stty rows 33 cols 77; exec ${line}`, '/dev/null'], {
        env: { ...environment({}), SHELL: '/bin/sh', TERM: 'dumb' },
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      return watch(child);
    },
    [Symbol.asyncDispose]: async () => {
      await api.close();
      await fixture[Symbol.asyncDispose]();
    },
  };
}
