/** Texts cut to what a table has room for. */
import { displayWidth } from './tabwriter.ts';

/** Columns of one character; those without a width of their own count too, as docker counts them here. */
const columns = (c: string): number => Math.max(displayWidth(c), 1);

/** At most `width` columns; what was longer ends in an ellipsis. */
export function ellipsis(text: string, width: number): string {
  let total = 0;
  for (const c of text) total += columns(c);
  if (total <= width) return text;
  let used = 0;
  let kept = '';
  for (const c of text) {
    used += columns(c);
    if (used > width - 1) break;
    kept += c;
  }
  return `${kept}…`;
}

/** The twelve digits by which an id is shown; the algorithm's name goes. */
export function shortId(id: string): string {
  return id.slice(id.indexOf(':') + 1).slice(0, 12);
}

/** An image's name as users type it, without digest: neither the default registry nor its folder of official images. */
export function familiarImage(name: string): string {
  const bare = name.replace(/@[a-z0-9+._-]+:[0-9a-f]+$/i, '');
  return bare.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\/(?=[^/]+$)/, '');
}

/** Orders digits by their value: `a2` before `a10`. */
export function naturalCompare(a: string, b: string): number {
  const [left, right] = [a.match(/\d+|\D+/g) ?? [], b.match(/\d+|\D+/g) ?? []];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x = '', y = ''] = [left[i], right[i]];
    if (x === y) continue;
    if (/^\d/.test(x) && /^\d/.test(y) && BigInt(x) !== BigInt(y)) return BigInt(x) < BigInt(y) ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}
