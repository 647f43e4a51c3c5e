/** Removes the white space of a JSON text, byte for byte otherwise, and complains about a broken one in Go's words. */
import { goQuote } from '../flag-error.ts';

function quoted(char: string): string {
  if (char === "'") return "'\\''";
  if (char === '"') return "'\"'";
  return `'${goQuote(char).slice(1, -1)}'`;
}

class Compactor {
  readonly #text: string;
  #at = 0;
  #out = '';

  constructor(text: string) {
    this.#text = text;
  }

  run(): string {
    this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected('after top-level value');
    return this.#out;
  }

  #peek(): string {
    return this.#text.charAt(this.#at);
  }

  #unexpected(where: string): Error {
    if (this.#at >= this.#text.length) return new Error('unexpected end of JSON input');
    return new Error(
      `invalid character ${quoted(String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0))} ${where}`,
    );
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.#peek())) this.#at++;
  }

  #take(): void {
    this.#out += this.#peek();
    this.#at++;
  }

  #value(): void {
    this.#space();
    const first = this.#peek();
    if (first === '{') this.#collection('}', 'after object key:value pair', () => this.#member());
    else if (first === '[') this.#collection(']', 'after array element', () => this.#value());
    else if (first === '"') this.#string();
    else if (/[-0-9]/.test(first)) this.#number();
    else if (first === 't') this.#literal('true');
    else if (first === 'f') this.#literal('false');
    else if (first === 'n') this.#literal('null');
    else throw this.#unexpected('looking for beginning of value');
  }

  #collection(close: string, after: string, item: () => void): void {
    this.#take();
    this.#space();
    if (this.#peek() === close) {
      this.#take();
      return;
    }
    for (;;) {
      item();
      this.#space();
      if (this.#peek() === close) {
        this.#take();
        return;
      }
      if (this.#peek() !== ',') throw this.#unexpected(after);
      this.#take();
    }
  }

  #member(): void {
    this.#space();
    if (this.#peek() !== '"') throw this.#unexpected('looking for beginning of object key string');
    this.#string();
    this.#space();
    if (this.#peek() !== ':') throw this.#unexpected('after object key');
    this.#take();
    this.#value();
  }

  #string(): void {
    this.#take();
    for (;;) {
      const char = this.#peek();
      if (char < ' ') throw this.#unexpected('in string literal');
      this.#take();
      if (char === '"') return;
      if (char !== '\\') continue;
      if (this.#peek() === 'u') {
        this.#take();
        for (let i = 0; i < 4; i++) {
          if (!/[0-9a-fA-F]/.test(this.#peek())) throw this.#unexpected('in \\u hexadecimal character escape');
          this.#take();
        }
      } else if (/["\\/bfnrt]/.test(this.#peek())) this.#take();
      else throw this.#unexpected('in string escape code');
    }
  }

  #digits(where: string): void {
    if (!/\d/.test(this.#peek())) throw this.#unexpected(where);
    while (/\d/.test(this.#peek())) this.#take();
  }

  #number(): void {
    if (this.#peek() === '-') this.#take();
    if (this.#peek() === '0') this.#take();
    else this.#digits('in numeric literal');
    if (this.#peek() === '.') {
      this.#take();
      this.#digits('after decimal point in numeric literal');
    }
    if (/[eE]/.test(this.#peek())) {
      this.#take();
      if (/[+-]/.test(this.#peek())) this.#take();
      this.#digits('in exponent of numeric literal');
    }
  }

  #literal(word: string): void {
    for (const char of word) {
      if (this.#peek() !== char) throw this.#unexpected(`in literal ${word} (expecting '${char}')`);
      this.#take();
    }
  }
}

/** @throws Error in the words of Go's `encoding/json` */
export function compactJson(text: string): string {
  return new Compactor(text).run();
}
