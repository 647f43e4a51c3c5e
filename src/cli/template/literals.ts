/** Go's literals: strings, characters and numbers as a template writes them. */

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gsu;

function unescapeGo(body: string, quote: string): string | undefined {
  let isBad = false;
  const text = body.replace(ESCAPE, (_all, hex, short, long, octal, simple) => {
    const code = hex ?? short ?? long;
    if (code !== undefined) {
      const point = Number.parseInt(code, 16);
      if (point > 0x10ffff) isBad = true;
      return isBad ? '' : String.fromCodePoint(point);
    }
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    const plain = SIMPLE[simple];
    if (plain === undefined || ((simple === '"' || simple === "'") && simple !== quote)) isBad = true;
    return plain ?? '';
  });
  return isBad ? undefined : text;
}

/** The value of a quoted or raw string; nothing when its escapes are wrong. */
export function readGoString(quoted: string): string | undefined {
  const body = quoted.slice(1, -1);
  return quoted.startsWith('`') ? body.replaceAll('\r', '') : unescapeGo(body, '"');
}

/** The code point of a character constant. */
export function readGoChar(quoted: string): number | undefined {
  const text = unescapeGo(quoted.slice(1, -1), "'");
  if (text === undefined || [...text].length !== 1) return undefined;
  return text.codePointAt(0);
}

/** The value of a number; complex numbers are not known here. */
export function readGoNumber(text: string): { readonly value: number; readonly isFloat: boolean } | undefined {
  const negative = text.startsWith('-');
  const digits = text.replace(/^[+-]/, '').replace(/(?<=[0-9a-fA-FxXoObB])_(?=[0-9a-fA-F])/g, '');
  const sign = negative ? -1 : 1;
  if (/^(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+)$/.test(digits))
    return { value: sign * Number(digits), isFloat: false };
  if (/^0[0-7]+$/.test(digits)) return { value: sign * Number.parseInt(digits, 8), isFloat: false };
  if (/^\d+$/.test(digits)) return { value: sign * Number(digits), isFloat: false };
  if (/^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(digits)) return { value: sign * Number(digits), isFloat: true };
  return undefined;
}
