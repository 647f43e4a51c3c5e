/** Splits a Go template into tokens; https://pkg.go.dev/text/template describes the language. */
import { goQuote } from '../flag-error.ts';

export type TokenKind =
  | 'text'
  | 'left'
  | 'right'
  | 'space'
  | 'pipe'
  | 'open'
  | 'close'
  | 'char'
  | 'assign'
  | 'declare'
  | 'string'
  | 'raw-string'
  | 'char-constant'
  | 'number'
  | 'bool'
  | 'field'
  | 'variable'
  | 'identifier'
  | 'keyword'
  | 'eof'
  | 'error';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Where it begins in the source. */
  readonly pos: number;
  /** From 1. */
  readonly line: number;
}

const KEYWORDS: ReadonlySet<string> = new Set(
  '. block break continue define else end if range nil template with'.split(' '),
);
const SPACE = /[ \t\r\n]/;
const WORD = /[\p{L}\p{Nd}_]/u;
const NUMBER =
  /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[bB][01_]+|0[oO][0-7_]+|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y;
/** A string, a raw string and a character constant, each closed. */
const QUOTED: Readonly<Record<string, readonly [RegExp, TokenKind, string]>> = {
  '"': [/"(?:\\[^\n]|[^"\\\n])*"/y, 'string', 'unterminated quoted string'],
  '`': [/`[^`]*`/y, 'raw-string', 'unterminated raw quoted string'],
  "'": [/'(?:\\[^\n]|[^'\\\n])*'/y, 'char-constant', 'unterminated character constant'],
};

/** A character as Go's `%#U` prints it. */
function unicodeName(c: string): string {
  return `U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')} '${c}'`;
}

class Lexer {
  readonly tokens: Token[] = [];
  readonly #source: string;
  #pos = 0;
  #parens = 0;

  constructor(source: string) {
    this.#source = source;
  }

  #emit(kind: TokenKind, start: number, text = this.#source.slice(start, this.#pos)): void {
    let line = 1;
    for (let i = this.#source.indexOf('\n'); i !== -1 && i < start; i = this.#source.indexOf('\n', i + 1)) line++;
    this.tokens.push({ kind, text, pos: start, line });
  }

  /** Everything up to the end or to the first error, which is the last token. */
  run(): void {
    let trim = false;
    for (;;) {
      const open = this.#source.indexOf('{{', this.#pos);
      const start = this.#pos;
      const end = open === -1 ? this.#source.length : open;
      let text = this.#source.slice(start, end);
      const skipped = trim ? text.length - text.replace(/^[ \t\r\n]+/, '').length : 0;
      text = text.slice(skipped);
      const trimsLeft = open !== -1 && this.#source[open + 2] === '-' && SPACE.test(this.#source[open + 3] ?? '');
      if (trimsLeft) text = text.replace(/[ \t\r\n]+$/, '');
      if (text !== '') this.#emit('text', start + skipped, text);
      this.#pos = end;
      if (open === -1) {
        this.#emit('eof', end, '');
        return;
      }
      this.#pos = open + 2 + (trimsLeft ? 2 : 0);
      const closed = this.#source.startsWith('/*', this.#pos) ? this.#comment(open) : this.#action(open);
      if (closed === undefined) return;
      trim = closed;
    }
  }

  /** @returns whether the closing delimiter trims what follows; nothing after an error */
  #comment(open: number): boolean | undefined {
    const end = this.#source.indexOf('*/', this.#pos);
    if (end === -1) return this.#fail('unclosed comment', open);
    this.#pos = end + 2;
    const trims = this.#closing();
    if (trims === undefined) return this.#fail('comment ends before closing delimiter', open);
    return trims;
  }

  /** Consumes a closing delimiter if one is here. @returns whether it trims; nothing if there is none */
  #closing(): boolean | undefined {
    const here = this.#source.slice(this.#pos, this.#pos + 4);
    if (here.startsWith('}}')) {
      this.#pos += 2;
      return false;
    }
    if (SPACE.test(here[0] ?? '') && here.slice(1) === '-}}') {
      this.#pos += 4;
      return true;
    }
    return undefined;
  }

  #fail(message: string, start: number): undefined {
    this.#emit('error', start, message);
    return undefined;
  }

  #action(open: number): boolean | undefined {
    this.#emit('left', open, '{{');
    this.#parens = 0;
    for (;;) {
      const start = this.#pos;
      const trims = this.#closing();
      if (trims !== undefined) {
        if (this.#parens > 0) return this.#fail('unclosed left paren', start);
        this.#emit('right', start, '}}');
        return trims;
      }
      if (!this.#inside(start)) return undefined;
    }
  }

  /** One token inside an action. @returns false after an error */
  #inside(start: number): boolean {
    const c = String.fromCodePoint(this.#source.codePointAt(start) ?? 0);
    if (start >= this.#source.length) return this.#fail('unclosed action', start) ?? false;
    if (SPACE.test(c)) return this.#spaces(start);
    const quoted = QUOTED[c];
    if (quoted !== undefined) return this.#match(start, ...quoted);
    if (c === '$' || (c === '.' && !/[0-9]/.test(this.#source[start + 1] ?? '0')))
      return this.#fieldOrVariable(start, c);
    if (/[0-9.+-]/.test(c)) return this.#number(start);
    if (WORD.test(c)) return this.#word(start);
    this.#pos += c.length;
    switch (c) {
      case ':':
        if (this.#source[this.#pos] !== '=') return this.#fail('expected :=', start) ?? false;
        this.#pos++;
        this.#emit('declare', start);
        return true;
      case '=':
        this.#emit('assign', start);
        return true;
      case '|':
        this.#emit('pipe', start);
        return true;
      case '(':
        this.#parens++;
        this.#emit('open', start);
        return true;
      case ')':
        this.#parens--;
        if (this.#parens < 0) return this.#fail('unexpected right paren', start) ?? false;
        this.#emit('close', start);
        return true;
      default:
        if (c < ' ' || c > '~')
          return this.#fail(`unrecognized character in action: ${unicodeName(c)}`, start) ?? false;
        this.#emit('char', start);
        return true;
    }
  }

  #spaces(start: number): boolean {
    while (SPACE.test(this.#source[this.#pos] ?? '') && !this.#source.startsWith('-}}', this.#pos + 1)) this.#pos++;
    if (this.#pos > start) this.#emit('space', start);
    return true;
  }

  #match(start: number, pattern: RegExp, kind: TokenKind, failure: string): boolean {
    pattern.lastIndex = start;
    const match = pattern.exec(this.#source);
    if (match === null) return this.#fail(failure, start) ?? false;
    this.#pos = start + match[0].length;
    this.#emit(kind, start);
    return true;
  }

  #readWord(): void {
    while (this.#pos < this.#source.length) {
      const c = String.fromCodePoint(this.#source.codePointAt(this.#pos) ?? 0);
      if (!WORD.test(c)) return;
      this.#pos += c.length;
    }
  }

  #isTerminated(): boolean {
    const c = this.#source[this.#pos];
    return c === undefined || SPACE.test(c) || '.,|:)(}='.includes(c);
  }

  #badCharacter(start: number): boolean {
    const c = String.fromCodePoint(this.#source.codePointAt(this.#pos) ?? 0);
    return this.#fail(`bad character ${unicodeName(c)}`, start) ?? false;
  }

  #fieldOrVariable(start: number, sigil: string): boolean {
    this.#pos++;
    this.#readWord();
    if (!this.#isTerminated()) return this.#badCharacter(start);
    const isBare = this.#pos === start + 1;
    this.#emit(sigil === '$' ? 'variable' : isBare ? 'keyword' : 'field', start);
    return true;
  }

  #number(start: number): boolean {
    NUMBER.lastIndex = start;
    this.#pos = start + (NUMBER.exec(this.#source)?.[0].length ?? 0);
    const next = String.fromCodePoint(this.#source.codePointAt(this.#pos) ?? 0x20);
    if (WORD.test(next)) {
      this.#pos += next.length;
      return this.#fail(`bad number syntax: ${goQuote(this.#source.slice(start, this.#pos))}`, start) ?? false;
    }
    this.#emit('number', start);
    return true;
  }

  #word(start: number): boolean {
    this.#readWord();
    const word = this.#source.slice(start, this.#pos);
    if (!this.#isTerminated()) return this.#badCharacter(start);
    this.#emit(KEYWORDS.has(word) ? 'keyword' : word === 'true' || word === 'false' ? 'bool' : 'identifier', start);
    return true;
  }
}

/** The tokens of a template; the last one is `eof`, or `error` with what is wrong. */
export function lexTemplate(source: string): readonly Token[] {
  const lexer = new Lexer(source);
  lexer.run();
  return lexer.tokens;
}
