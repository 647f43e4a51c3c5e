/** `image diff`: Berth's own; the output has the form that container-diff gave it. */
import type { DiffKind, ImageDiffReport } from '#spec/docker-api/examine.ts';
import type { Context, Invocation } from '../command.ts';
import { isJson } from '../examine-format.ts';
import { openOperands } from '../examine-operands.ts';
import { humanSize } from '../render/human-size.ts';
import { alignColumns } from '../render/tabwriter.ts';

function size(bytes: number): string {
  return bytes < 0 ? '-' : humanSize(bytes);
}

function table(title: string, header: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return `${title} None\n\n`;
  const text = [header, ...rows].map((row) => row.join('\t')).join('\n');
  return `${title}\n${alignColumns(`${text}\n`, { minWidth: 4, padding: 4 })}\n`;
}

function shown(report: ImageDiffReport): string {
  const { Image1, Image2 } = report;
  const head = `-----${report.DiffType}-----\n\n`;
  switch (report.DiffType) {
    case 'File': {
      const { Adds, Dels, Mods } = report.Diff;
      const one = (entries: typeof Adds) => entries.map(({ Name, Size }) => [Name, size(Size)]);
      const changed = Mods.map(({ Name, Size1, Size2 }) => [Name, size(Size1), size(Size2)]);
      return (
        head +
        table(`These entries have been added to ${Image2}:`, ['FILE', 'SIZE'], one(Adds)) +
        table(`These entries have been deleted from ${Image1}:`, ['FILE', 'SIZE'], one(Dels)) +
        table(`These entries have been changed between ${Image1} and ${Image2}:`, ['FILE', 'SIZE1', 'SIZE2'], changed)
      );
    }
    case 'Size': {
      const rows = report.Diff.map(({ Name, Size1, Size2 }) => [Name, size(Size1), size(Size2)]);
      return head + table(`Image size difference between ${Image1} and ${Image2}:`, ['', 'SIZE1', 'SIZE2'], rows);
    }
    case 'History':
    case 'Metadata': {
      const { Adds, Dels } = report.Diff;
      const list = (entries: readonly string[]) => entries.map((line) => `-${line}\n`).join('');
      return `${head}Docker ${report.DiffType.toLowerCase()} lines found only in ${Image1}:${Dels.length === 0 ? ' None' : ''}\n${list(Dels)}\nDocker ${report.DiffType.toLowerCase()} lines found only in ${Image2}:${Adds.length === 0 ? ' None' : ''}\n${list(Adds)}\n`;
    }
    default: {
      const { Packages1, Packages2, InfoDiff } = report.Diff;
      const one = (entries: typeof Packages1) =>
        entries.map((each) => [`-${each.Name}`, each.Version, size(each.Size)]);
      const header = ['NAME', 'VERSION', 'SIZE'];
      const both = InfoDiff.map(({ Package, Info1, Info2 }) => [
        `-${Package}`,
        `${Info1.Version}, ${size(Info1.Size)}`,
        `${Info2.Version}, ${size(Info2.Size)}`,
      ]);
      return (
        head +
        table(`Packages found only in ${Image1}:`, header, one(Packages1)) +
        table(`Packages found only in ${Image2}:`, header, one(Packages2)) +
        table('Version differences:', ['PACKAGE', `IMAGE1 (${Image1})`, `IMAGE2 (${Image2})`], both)
      );
    }
  }
}

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const asJson = isJson(flags);
  const kinds = (
    flags.changed('type') ? flags.list('type').flatMap((text) => text.split(',')) : ['size']
  ) as readonly DiffKind[];
  await using operands = await openOperands(context, args);
  const [first = '', second = ''] = operands.names;
  const found = await operands.client.images.compare(first, second, kinds, context.signal);
  // As the user wrote them.
  const reports = found.map((report) => ({ ...report, Image1: args[0] ?? '', Image2: args[1] ?? '' }));
  context.stdout.write(asJson ? `${JSON.stringify(reports, null, 2)}\n` : reports.map(shown).join(''));
  return 0;
}
