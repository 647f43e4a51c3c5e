/**
 * The members of a kernel list such as `0-3,8,10-11` (cpuset(7), "list format").
 *
 * @param limit highest member that is accepted
 * @returns undefined when the text is no list
 */
export function parseNumberList(text: string, limit = 8192): Set<number> | undefined {
  const members = new Set<number>();
  if (text === '') return members;
  for (const part of text.split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
    if (match === null) return undefined;
    const from = Number(match[1]);
    const to = Number(match[2] ?? match[1]);
    if (to < from || to > limit) return undefined;
    for (let i = from; i <= to; i++) members.add(i);
  }
  return members;
}
