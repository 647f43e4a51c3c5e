import type { Input } from '../command.ts';

/**
 * Lets every key through to the container, if standard input is a terminal.
 *
 * @returns sets the terminal back; harmless to call twice. It also runs when the process ends.
 */
export function enterRawMode(stdin: Input): () => void {
  if (stdin.isTTY !== true || stdin.setRawMode === undefined) return () => {};
  stdin.setRawMode(true);
  let isRaw = true;
  const restore = () => {
    if (!isRaw) return;
    isRaw = false;
    process.off('exit', restore);
    stdin.setRawMode?.(false);
  };
  process.on('exit', restore);
  return restore;
}
