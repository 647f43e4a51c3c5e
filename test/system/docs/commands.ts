/** One command of a documentation page, as a reader would type it. */
export interface DocumentedCommand {
  readonly line: number;
  readonly text: string;
  /** The exit status that the page promises with a trailing `# exits with N`; 0 without one. */
  readonly status: number;
}

/**
 * Finds the commands of a page: lines that begin with `$ ` inside fenced blocks marked `console`, with their
 * continuation lines (`> `).
 */
export function commandsOf(page: string): DocumentedCommand[] {
  const commands: { line: number; text: string; status: number }[] = [];
  let inside = false;
  page.split('\n').forEach((text, index) => {
    if (text.startsWith('```')) inside = text.trim() === '```console';
    else if (inside && text.startsWith('$ ')) {
      const status = /\s+# exits with (\d+)$/.exec(text);
      commands.push({
        line: index + 1,
        text: text.slice(2).replace(/\s+# exits with \d+$/, ''),
        status: Number(status?.[1] ?? 0),
      });
    } else if (inside && text.startsWith('> ')) commands[commands.length - 1]!.text += `\n${text.slice(2)}`;
  });
  return commands;
}
