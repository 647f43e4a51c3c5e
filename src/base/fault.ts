/**
 * Named points at which tests kill this process, to prove that any other process can go on from there.
 * `BERTH_FAULT=NAME` (or `NAME:N` for the N-th pass) makes the process end itself with SIGKILL when it reaches the point;
 * `BERTH_FAULT_SIGNAL=SIGSTOP` makes it stand still there instead.
 */
const wanted = parse(process.env['BERTH_FAULT']);
let passes = 0;

function parse(text: string | undefined): { name: string; pass: number } | undefined {
  if (text === undefined || text === '') return undefined;
  const [name = '', pass] = text.split(':');
  return { name, pass: pass === undefined ? 1 : Number(pass) };
}

/** Ends or stops the process without any clean-up if a test asked for it at this point; otherwise does nothing. */
export function fault(name: string): void {
  if (wanted === undefined || wanted.name !== name) return;
  passes += 1;
  if (passes !== wanted.pass) return;
  const stop = process.env['BERTH_FAULT_SIGNAL'] === 'SIGSTOP';
  process.kill(process.pid, stop ? 'SIGSTOP' : 'SIGKILL');
}
