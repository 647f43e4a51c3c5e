import { execFile } from 'node:child_process';
import { BerthError, isErrno } from '#base/errors.ts';

/** A process table as `top` answers it. */
export interface ProcessTable {
  readonly Titles: string[];
  readonly Processes: string[][];
}

/**
 * The host's ps(1), with these arguments, cut down to these processes.
 *
 * @param pids host pids of the container's processes
 * @param psArgs arguments of ps; the default is docker's `-ef`
 * @throws BerthError `invalid` for arguments that hide or rename the PID column or that ps refuses, `unavailable` without ps
 */
export async function processTable(pids: readonly number[], psArgs?: readonly string[]): Promise<ProcessTable> {
  return parsePsOutput(await psOutput(pids, psArgs), pids);
}

/** The same as ps prints it: its header and the lines of these processes. */
export async function processLines(pids: readonly number[], psArgs?: readonly string[]): Promise<string[]> {
  const { header, rows } = pickRows(await psOutput(pids, psArgs), pids);
  return [header, ...rows];
}

function psOutput(pids: readonly number[], psArgs: readonly string[] = ['-ef']): Promise<string> {
  refuseRenamedPid(psArgs);
  // Some arguments do not go with a choice of processes: without it ps lists all that the arguments choose.
  const chosen = pids.length === 0 ? [] : ['-q', pids.join(',')];
  return runPs([...psArgs, ...chosen]).catch(() => runPs(psArgs));
}

/**
 * Picks the rows of the given processes out of ps output.
 *
 * @throws BerthError `invalid` when there is no PID column
 */
export function parsePsOutput(output: string, pids: readonly number[]): ProcessTable {
  const { titles, rows } = pickRows(output, pids);
  return { Titles: [...titles], Processes: rows.map((row) => splitRow(row, titles.length)) };
}

function pickRows(
  output: string,
  pids: readonly number[],
): { readonly header: string; readonly titles: readonly string[]; readonly rows: readonly string[] } {
  const [header = '', ...lines] = output.split('\n');
  const titles = header.split(/\s+/).filter((word) => word !== '');
  const pidColumn = titles.indexOf('PID');
  if (pidColumn < 0) {
    throw new BerthError('internal', 'top.no-pid-column', "Couldn't find PID field in ps output");
  }
  const wanted = new Set(pids.map(String));
  const rows: string[] = [];
  let previousKept = false;
  for (const line of lines) {
    if (line.trim() === '') continue;
    const pid = splitRow(line, titles.length)[pidColumn] ?? '';
    // With -m or -L a process row has its threads below it, with "-" for the pid.
    const kept: boolean = wanted.has(pid) || (pid === '-' && previousKept);
    if (kept) rows.push(line);
    previousKept = kept;
  }
  return { header, titles, rows };
}

/** The last column, usually the command, keeps the rest of the line. */
function splitRow(row: string, columns: number): string[] {
  const words = row.split(/\s+/).filter((word) => word !== '');
  if (words.length <= columns) return words;
  return [...words.slice(0, columns - 1), words.slice(columns - 1).join(' ')];
}

/** `-o pid=X` renames the column that rows are chosen by; `-o x=PID` makes another column look like it. */
function refuseRenamedPid(psArgs: readonly string[]): void {
  const text = psArgs.join(' ');
  const match = /(?:^|[\s,])([^\s,=]*)=\s*(PID[^\s]*)/.exec(text);
  if (match !== null && match[1]?.toLowerCase() !== 'pid') {
    throw new BerthError('invalid', 'top.arguments', `specifying "${match[1]}=${match[2]}" is not allowed`);
  }
}

function runPs(psArgs: readonly string[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const options = { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, env: { ...process.env, LC_ALL: 'C' } } as const;
  execFile('ps', [...psArgs], options, (error, stdout, stderr) => {
    if (error === null) resolve(stdout);
    else if (isErrno(error, 'ENOENT')) {
      reject(
        new BerthError(
          'unavailable',
          'top.no-ps',
          'cannot list processes: the program "ps" is not installed on this machine',
          {
            hint: 'apt-get install procps',
          },
        ),
      );
    } else reject(new BerthError('invalid', 'top.ps-failed', `ps: ${stderr.trim() || error.message}`));
  });
  return promise;
}
