import type { LogForward } from './plan.ts';
import type { PlanWriter } from './plan-writer.ts';

const FORWARD_KINDS = ['none', 'unix-datagram', 'unix-stream', 'udp', 'tcp'];
const FORWARD_TIMES = ['none', 'rfc3164', 'rfc3339'];

/** Where log messages also go, as the last of a plan's settings. */
export function encodeForward(out: PlanWriter, forward: LogForward | undefined): void {
  const to = forward?.to;
  const nothing = new Uint8Array();
  out.int(FORWARD_KINDS.indexOf(to?.kind ?? 'none'));
  out.text(to === undefined ? '' : 'path' in to ? to.path : to.address);
  out.int(to !== undefined && 'port' in to ? to.port : 0);
  out.int(FORWARD_TIMES.indexOf(forward?.time ?? 'none'));
  out.flag(forward?.counted);
  for (const bytes of forward?.heads ?? [nothing, nothing]) out.blob(bytes);
  out.blob(forward?.middle ?? nothing);
  out.blob(forward?.tail ?? nothing);
  out.blob(forward?.partTail ?? nothing);
  out.int(forward?.bufferBytes ?? 0);
}
