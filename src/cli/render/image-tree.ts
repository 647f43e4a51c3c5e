/** `image ls --tree`: images with what is behind their names, as docker 28 draws them. */
import type { ManifestSummary } from '#spec/docker-api/image-manifests.ts';
import type { ImageSummary } from '#spec/docker-api/images.ts';
import { humanSize } from './human-size.ts';
import { shortId } from './shorten.ts';

/** The paper: columns of the terminal, and whether it has colours. */
export interface TreePaper {
  readonly width: number;
  readonly hasColours: boolean;
}

interface Details {
  readonly id: string;
  readonly diskUsage: string;
  readonly contentSize: string;
  readonly isUsed: boolean;
}

interface Column {
  readonly title: string;
  readonly width: number;
  readonly align: 'left' | 'right';
  readonly value: (details: Details) => string;
}

type Paint = (text: string) => string;

const SPACING = '   ';
/** The column of names is at least as wide; others give way. */
const NAME_LEAST = 12;
const WIDTH_LEAST = 20;
const WARNING = "WARNING: This is an experimental feature. The output may change and shouldn't be depended on.";
const USED = 'U';

const COLUMNS: readonly Column[] = [
  { title: 'ID', width: 12, align: 'left', value: ({ id }) => shortId(id) },
  { title: 'DISK USAGE', width: 10, align: 'right', value: ({ diskUsage }) => diskUsage },
  { title: 'CONTENT SIZE', width: 12, align: 'right', value: ({ contentSize }) => contentSize },
  { title: 'EXTRA', width: 5, align: 'left', value: ({ isUsed }) => (isUsed ? USED : '') },
];

/** @param all also images without a name */
export function imageTree(images: readonly ImageSummary[], paper: TreePaper, all: boolean): string {
  const width = Math.max(paper.width, WIDTH_LEAST);
  const shown = images.filter(({ RepoTags }) => all || RepoTags.length > 0).sort((a, b) => b.Created - a.Created);
  const columns = fittingColumns(width);
  const sheet = new Sheet(columns, nameWidth(shown, width, columns), { ...paper, width });
  return `${sheet.head()}${shown.map((image) => sheet.image(image)).join('')}`;
}

function fittingColumns(width: number): readonly Column[] {
  let left = width;
  const lost = COLUMNS.findIndex((column) => {
    left -= column.width + SPACING.length;
    return left < NAME_LEAST;
  });
  return lost === -1 ? COLUMNS : COLUMNS.slice(0, lost);
}

/** As narrow as the names allow, as wide as the paper allows. */
function nameWidth(images: readonly ImageSummary[], width: number, columns: readonly Column[]): number {
  const room = columns.reduce((left, column) => left - column.width - SPACING.length, width);
  const names = images.flatMap((image) => [
    ...namesOf(image),
    ...childrenOf(image).map((child) => `└─ ${platformOf(child)}`),
  ]);
  return Math.min(room, Math.max('IMAGE'.length, ...names.map((name) => name.length)));
}

function namesOf({ RepoTags: tags }: ImageSummary): readonly string[] {
  if (tags.length === 0) return ['<untagged>'];
  // The shortest one stands last, where the other columns are.
  return [...tags].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
}

function childrenOf({ Manifests = [] }: ImageSummary): readonly ManifestSummary[] {
  return Manifests.filter(({ Kind }) => Kind === 'image');
}

function platformOf({ ImageData }: ManifestSummary): string {
  const { os, architecture, variant = '' } = ImageData!.Platform;
  return [os, architecture, variant].filter((part) => part !== '').join('/');
}

function detailsOf(child: ManifestSummary): Details {
  return {
    id: child.ID,
    diskUsage: humanSize(child.Size.Total, 3),
    contentSize: humanSize(child.Size.Content, 3),
    isUsed: child.ImageData!.Containers.length > 0,
  };
}

class Sheet {
  readonly #columns: readonly Column[];
  readonly #nameWidth: number;
  readonly #paper: TreePaper;

  constructor(columns: readonly Column[], nameWidth: number, paper: TreePaper) {
    this.#columns = columns;
    this.#nameWidth = nameWidth;
    this.#paper = paper;
  }

  head(): string {
    const bold = this.#paint('39', '1');
    const titles = this.#columns.map((column) => SPACING + fit(column.title, { ...column, align: 'left' }, bold));
    const name = fit('IMAGE', { width: this.#nameWidth, align: 'left' }, bold);
    return `${this.#paint('93')(WARNING)}\n${this.#legend()}\n\n${name}${titles.join('')}\n`;
  }

  image(image: ImageSummary): string {
    const children = childrenOf(image);
    const details = {
      id: image.Id,
      diskUsage: humanSize(image.Size, 3),
      contentSize: humanSize(
        children.reduce((sum, { Size }) => sum + Size.Content, 0),
        3,
      ),
      isUsed: image.Containers > 0 || children.some((child) => detailsOf(child).isUsed),
    };
    const names = namesOf(image);
    const paint = image.RepoTags.length === 0 ? this.#paint('39', '2') : this.#paint('34', '1');
    const above = names.slice(0, -1).map((name) => `${paint(cut(name, this.#paper.width))}\n`);
    const first = this.#line(names.at(-1)!, details, paint, this.#paint('39'));
    const below = children.map((child, i) => {
      const colour = child.Available ? this.#paint('39') : this.#paint('39', '2');
      const branch = i === children.length - 1 ? '└─ ' : '├─ ';
      return this.#line(branch + platformOf(child), detailsOf(child), colour, colour);
    });
    return `${above.join('')}${first}${below.join('')}\n`;
  }

  #line(name: string, details: Details, namePaint: Paint, paint: Paint): string {
    const cells = this.#columns.map((column) => {
      const value = column.value(details);
      return SPACING + (column.title === 'EXTRA' ? this.#chip(value, column.width) : fit(value, column, paint));
    });
    return `${fit(name, { width: this.#nameWidth, align: 'left' }, namePaint)}${cells.join('')}\n`;
  }

  #chip(text: string, width: number): string {
    if (text === '') return ' '.repeat(width);
    const shown = this.#paper.hasColours ? ` ${text} ` : text;
    return this.#paint('38;5;0', '48;5;14')(shown) + ' '.repeat(width - shown.length);
  }

  #legend(): string {
    const chip = this.#chip(USED, this.#paper.hasColours ? 3 : 1);
    const text = this.#paper.hasColours
      ? `${this.#paint('1', '106', '30')('i')}\x1b[0m ${this.#paint('96')('Info → ')}\x1b[0m ${chip} In Use `
      : `Info ->  ${chip} In Use `;
    const length = this.#paper.hasColours ? 21 : 18;
    return ' '.repeat(Math.max(this.#paper.width - length, 0)) + text;
  }

  #paint(...codes: readonly string[]): Paint {
    if (!this.#paper.hasColours) return (text) => text;
    return (text) => `${codes.map((code) => `\x1b[${code}m`).join('')}${text}\x1b[0m`;
  }
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

function fit(text: string, { width, align }: Pick<Column, 'width' | 'align'>, paint: Paint): string {
  const shown = cut(text, width);
  const fill = ' '.repeat(width - shown.length);
  return align === 'left' ? paint(shown) + fill : fill + paint(shown);
}
