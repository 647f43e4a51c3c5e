/** Where a byte of a one-line text stands, from 1. */
function column(text: string, index: number): number {
  return Buffer.byteLength(text.slice(0, index)) + 1;
}

function malformed(text: string, index: number, what: string): Error {
  return new Error(`parse error on line 1, column ${column(text, index)}: ${what}`);
}

/**
 * The fields of one record of comma-separated values (RFC 4180), read as strictly as Go's `encoding/csv` does.
 *
 * @throws Error in Go's words
 */
export function readCsvRecord(text: string): readonly string[] {
  if (text === '' || text === '\n') throw new Error('EOF');
  const fields: string[] = [];
  for (let at = 0; ; ) {
    if (text[at] === '"') {
      let field = '';
      let from = at + 1;
      for (;;) {
        const quote = text.indexOf('"', from);
        if (quote === -1) throw malformed(text, text.length, 'extraneous or missing " in quoted-field');
        field += text.slice(from, quote);
        from = quote + 1;
        if (text[from] !== '"') break;
        field += '"';
        from++;
      }
      fields.push(field);
      if (from === text.length || text[from] === '\n') return fields;
      if (text[from] !== ',') throw malformed(text, from - 1, 'extraneous or missing " in quoted-field');
      at = from + 1;
      continue;
    }
    const field = /^[^,\n]*/.exec(text.slice(at))?.[0] ?? '';
    const quote = field.indexOf('"');
    if (quote !== -1) throw malformed(text, at + quote, 'bare " in non-quoted-field');
    fields.push(field);
    at += field.length;
    if (text[at] !== ',') return fields;
    at++;
  }
}
