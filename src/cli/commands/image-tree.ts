/** `image tree`: Berth's own. */
import type { ImageTreeReport } from '#spec/docker-api/examine.ts';
import type { Context, Invocation } from '../command.ts';
import { isJson } from '../examine-format.ts';
import { openOperands } from '../examine-operands.ts';
import type { ParsedFlags } from '../parsed-flags.ts';
import { humanSize } from '../render/human-size.ts';

/** Most characters of a step that are printed. */
const STEP_MAX = 60;

function shown(report: ImageTreeReport, top: number): string {
  const lines = report.Layers.map(({ DiffId, CreatedBy, Size, Files, SharedWith }, i) => {
    const branch = i === report.Layers.length - 1 ? '└─' : '├─';
    const step = CreatedBy.replaceAll(/\s+/g, ' ').slice(0, STEP_MAX);
    const shared = SharedWith.length === 0 ? '' : `  shared with ${SharedWith.join(', ')}`;
    return `${branch} ${DiffId.slice(7, 19)}  ${humanSize(Size).padStart(8)}  ${Files} files  ${step}${shared}`;
  });
  const wasted = report.Wasted.slice(0, top).map(
    ({ Path, Count, Bytes }) => `  ${humanSize(Bytes).padStart(8)}  ${String(Count).padStart(5)}  ${Path}`,
  );
  return [
    report.Id,
    ...lines,
    `Size: ${humanSize(report.Size)}`,
    `Shared: ${humanSize(report.SharedBytes)}`,
    `Wasted: ${humanSize(report.WastedBytes)}`,
    `Efficiency: ${(report.Efficiency * 100).toFixed(2)} %`,
    ...(wasted.length === 0 ? [] : ['', '    WASTED  COUNT  PATH', ...wasted]),
    '',
  ].join('\n');
}

function lowestEfficiency(flags: ParsedFlags): number {
  if (!flags.changed('lowest-efficiency')) return 0;
  const text = flags.text('lowest-efficiency');
  const value = Number(text);
  if (text === '' || !(value >= 0 && value <= 1))
    throw flags.invalid('lowest-efficiency', text, 'wanted a number from 0 to 1');
  return value;
}

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const asJson = isJson(flags);
  const least = lowestEfficiency(flags);
  const most = flags.changed('highest-wasted-bytes') ? flags.number('highest-wasted-bytes') : Number.POSITIVE_INFINITY;
  await using operands = await openOperands(context, [args[0] ?? '']);
  const report = await operands.client.images.tree(operands.names[0]!, context.signal);
  context.stdout.write(asJson ? `${JSON.stringify(report)}\n` : shown(report, flags.number('top')));
  const failures = [
    ...(report.Efficiency < least ? [`the efficiency ${report.Efficiency.toFixed(4)} is below ${least}`] : []),
    ...(report.WastedBytes > most ? [`${report.WastedBytes} bytes are wasted, more than ${most}`] : []),
  ];
  for (const failure of failures) context.stderr.write(`${failure}\n`);
  return failures.length === 0 ? 0 : 1;
}
