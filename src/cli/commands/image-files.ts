/** `image files`: Berth's own. */
import type { ImageFile } from '#spec/docker-api/examine.ts';
import type { Context, Invocation } from '../command.ts';
import { isJson } from '../examine-format.ts';
import { openOperands } from '../examine-operands.ts';

const LETTERS: Readonly<Record<ImageFile['Type'], string>> = {
  file: '-',
  hardlink: 'h',
  symlink: 'l',
  char: 'c',
  block: 'b',
  directory: 'd',
  fifo: 'p',
};

/** `rwxr-xr-x` with the letters of set-id and sticky, as ls(1) prints them. */
function permissions(mode: number): string {
  const letters = [...'rwxrwxrwx'].map((letter, i) => (mode & (0o400 >> i) ? letter : '-'));
  const special = [
    [0o4000, 2, 's'],
    [0o2000, 5, 's'],
    [0o1000, 8, 't'],
  ] as const;
  for (const [bit, at, letter] of special)
    if (mode & bit) letters[at] = letters[at] === 'x' ? letter : letter.toUpperCase();
  return letters.join('');
}

function line({ Type, Mode, Uid, Gid, Size, Path, Link, Layer }: ImageFile): string {
  const owner = `${Uid}:${Gid}`.padEnd(11);
  const link = Link === undefined ? '' : ` -> ${Link}`;
  return `${LETTERS[Type]}${permissions(Mode)} ${owner} ${String(Size).padStart(12)} ${String(Layer).padStart(3)} ${Path}${link}\n`;
}

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const asJson = isJson(flags);
  const under = args[1];
  await using operands = await openOperands(context, [args[0] ?? '']);
  const all = await operands.client.images.files(operands.names[0]!, context.signal);
  const start = under === undefined ? '/' : `/${under.replace(/^\/+|\/+$/g, '')}`;
  const files = all.filter(({ Path }) => start === '/' || Path === start || Path.startsWith(`${start}/`));
  context.stdout.write(asJson ? `${JSON.stringify(files)}\n` : files.map(line).join(''));
  return files.length === 0 && under !== undefined ? 1 : 0;
}
