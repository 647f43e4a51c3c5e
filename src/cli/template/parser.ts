/** Parses a Go template into a tree, with the messages of text/template. */
import { goQuote } from '../flag-error.ts';
import type { Token, TokenKind } from './lexer.ts';
import { lexTemplate } from './lexer.ts';
import { readGoChar, readGoNumber, readGoString } from './literals.ts';
import type { BranchNode, CommandNode, Expression, Node, PipeNode, VariableNode } from './nodes.ts';
import { nodeText } from './nodes.ts';

/** What a template's text says wrong. */
export class TemplateParseError extends Error {}

export interface ParsedTemplate {
  /** What messages call it; docker's templates have no name but one. */
  readonly name: string;
  readonly source: string;
  readonly root: readonly Node[];
  /** Templates by `define` and `block`. */
  readonly defined: ReadonlyMap<string, readonly Node[]>;
}

const OPERANDS: ReadonlySet<TokenKind> = new Set([
  'bool',
  'char-constant',
  'field',
  'identifier',
  'number',
  'raw-string',
  'string',
  'variable',
  'open',
]);

function isOperand(token: Token): boolean {
  return OPERANDS.has(token.kind) || (token.kind === 'keyword' && (token.text === '.' || token.text === 'nil'));
}

/** How messages show a token. */
function tokenText(token: Token): string {
  if (token.kind === 'eof') return 'EOF';
  if (token.kind === 'error') return token.text;
  if (token.kind === 'keyword') return `<${token.text}>`;
  return token.text.length > 10 ? `${goQuote(token.text.slice(0, 10))}...` : goQuote(token.text);
}

type Ending = { readonly kind: 'end'; readonly pos: number } | { readonly kind: 'else'; readonly pos: number };

class Parser {
  readonly #tokens: readonly Token[];
  readonly #functions: ReadonlySet<string>;
  readonly #name: string;
  readonly defined = new Map<string, readonly Node[]>();
  #at = 0;
  #variables: string[] = ['$'];
  #ranges = 0;
  #actionLine = 0;

  constructor(tokens: readonly Token[], functions: ReadonlySet<string>, name: string) {
    this.#tokens = tokens;
    this.#name = name;
    this.#functions = functions;
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#at, this.#tokens.length - 1)] ?? { kind: 'eof', text: '', pos: 0, line: 1 };
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #skipSpace(): void {
    while (this.#peek().kind === 'space') this.#at++;
  }

  #peekSolid(): Token {
    this.#skipSpace();
    return this.#peek();
  }

  #nextSolid(): Token {
    this.#skipSpace();
    return this.#next();
  }

  #fail(message: string): never {
    const last = this.#tokens[Math.min(Math.max(this.#at - 1, 0), this.#tokens.length - 1)];
    throw new TemplateParseError(`template: ${this.#name}:${last?.line ?? 1}: ${message}`);
  }

  #unexpected(token: Token, context: string): never {
    if (token.kind !== 'error') return this.#fail(`unexpected ${tokenText(token)} in ${context}`);
    const isLater = this.#actionLine !== 0 && this.#actionLine !== token.line;
    const started = token.text.endsWith(' action') ? ' started at' : ' in action started at';
    return this.#fail(isLater ? `${token.text}${started} ${this.#name}:${this.#actionLine}` : token.text);
  }

  #expect(kind: TokenKind, context: string): Token {
    const token = this.#nextSolid();
    return token.kind === kind ? token : this.#unexpected(token, context);
  }

  #isKeyword(token: Token, word: string): boolean {
    return token.kind === 'keyword' && token.text === word;
  }

  parse(): Node[] {
    const root: Node[] = [];
    while (this.#peek().kind !== 'eof') {
      const before = this.#at;
      if (this.#next().kind === 'left' && this.#isKeyword(this.#nextSolid(), 'define')) {
        this.#definition();
        continue;
      }
      this.#at = before;
      const node = this.#textOrAction();
      if (node.kind === 'end' || node.kind === 'else') this.#fail(`unexpected {{${node.kind}}}`);
      else root.push(node);
    }
    return root;
  }

  #templateName(token: Token, context: string): string {
    if (token.kind !== 'string' && token.kind !== 'raw-string') return this.#unexpected(token, context);
    return readGoString(token.text) ?? this.#fail('invalid syntax');
  }

  #define(name: string, list: readonly Node[]): void {
    const isEmpty = (nodes: readonly Node[] | undefined) =>
      nodes === undefined || nodes.every((node) => node.kind === 'text' && node.text.trim() === '');
    if (isEmpty(this.defined.get(name))) this.defined.set(name, list);
    else if (!isEmpty(list)) this.#fail(`template: multiple definition of template ${goQuote(name)}`);
  }

  /** A list with variables of its own, as `define` and `block` have. */
  #body(context: string): readonly Node[] {
    const outer = this.#variables;
    this.#variables = ['$'];
    const [list, ending] = this.#list();
    this.#variables = outer;
    return ending.kind === 'end' ? list : this.#fail(`unexpected {{${ending.kind}}} in ${context}`);
  }

  #definition(): void {
    const name = this.#templateName(this.#nextSolid(), 'define clause');
    this.#expect('right', 'define clause');
    this.#define(name, this.#body('define clause'));
  }

  #list(): [Node[], Ending] {
    const list: Node[] = [];
    while (this.#peekSolid().kind !== 'eof') {
      const node = this.#textOrAction();
      if (node.kind === 'end' || node.kind === 'else') return [list, node];
      list.push(node);
    }
    this.#at++;
    return this.#fail('unexpected EOF');
  }

  #textOrAction(): Node | Ending {
    const token = this.#nextSolid();
    if (token.kind === 'text') return { kind: 'text', pos: token.pos, text: token.text };
    if (token.kind !== 'left') return this.#unexpected(token, 'input');
    this.#actionLine = token.line;
    const node = this.#action();
    this.#actionLine = 0;
    return node;
  }

  #action(): Node | Ending {
    const token = this.#nextSolid();
    switch (token.kind === 'keyword' ? token.text : '') {
      case 'if':
      case 'with':
      case 'range':
        return this.#branch(token.text as BranchNode['kind']);
      case 'else':
        return this.#else();
      case 'end':
        return { kind: 'end', pos: this.#expect('right', 'end').pos };
      case 'break':
      case 'continue':
        return this.#leap(token);
      case 'template':
        return this.#template();
      case 'block':
        return this.#block();
    }
    this.#at--;
    return { kind: 'action', pos: token.pos, pipe: this.#pipeline('command', 'right') };
  }

  #else(): Ending {
    const token = this.#peekSolid();
    if (this.#isKeyword(token, 'if') || this.#isKeyword(token, 'with')) return { kind: 'else', pos: token.pos };
    return { kind: 'else', pos: this.#expect('right', 'else').pos };
  }

  #leap(token: Token): Node {
    const name = token.text as 'break' | 'continue';
    const end = this.#nextSolid();
    if (end.kind !== 'right') return this.#unexpected(end, `{{${name}}}`);
    if (this.#ranges === 0) return this.#fail(`{{${name}}} outside {{range}}`);
    return { kind: name, pos: token.pos };
  }

  #branch(kind: BranchNode['kind']): BranchNode {
    const known = this.#variables.length;
    const pipe = this.#pipeline(kind, 'right');
    if (kind === 'range') this.#ranges++;
    const [list, ending] = this.#list();
    if (kind === 'range') this.#ranges--;
    let otherwise: Node[] | undefined;
    if (ending.kind === 'else') {
      // "{{else if}}" and "{{else with}}" nest a branch that shares this one's end.
      if (kind !== 'range' && this.#isKeyword(this.#peek(), kind)) {
        this.#at++;
        otherwise = [this.#branch(kind)];
      } else {
        const [rest, last] = this.#list();
        if (last.kind !== 'end') this.#fail(`expected end; found {{${last.kind}}}`);
        otherwise = rest;
      }
    }
    this.#variables.length = known;
    return { kind, pos: pipe.pos, pipe, list, otherwise };
  }

  #template(): Node {
    const token = this.#nextSolid();
    const name = this.#templateName(token, 'template clause');
    if (this.#peekSolid().kind === 'right') {
      this.#at++;
      return { kind: 'template', pos: token.pos, name, pipe: undefined };
    }
    return { kind: 'template', pos: token.pos, name, pipe: this.#pipeline('template clause', 'right') };
  }

  #block(): Node {
    const token = this.#nextSolid();
    const name = this.#templateName(token, 'block clause');
    const pipe = this.#pipeline('block clause', 'right');
    this.#define(name, this.#body('block clause'));
    return { kind: 'template', pos: token.pos, name, pipe };
  }

  #pipeline(context: string, end: TokenKind): PipeNode {
    const pos = this.#peekSolid().pos;
    const declared = this.#declarations(context);
    const commands: CommandNode[] = [];
    for (;;) {
      const token = this.#nextSolid();
      if (token.kind === end) {
        this.#checkPipeline(commands, context);
        return { kind: 'pipe', pos, ...declared, commands };
      }
      if (!isOperand(token)) return this.#unexpected(token, context);
      this.#at--;
      commands.push(this.#command());
    }
  }

  #checkPipeline(commands: readonly CommandNode[], context: string): void {
    if (commands.length === 0) this.#fail(`missing value for ${context}`);
    for (const [i, command] of commands.entries())
      if (i > 0 && ['bool', 'dot', 'nil', 'number', 'string'].includes(command.args[0].kind))
        this.#fail(`non executable command in pipeline stage ${i + 1}`);
  }

  #declarations(context: string): Pick<PipeNode, 'variables' | 'isAssign'> {
    const variables: VariableNode[] = [];
    for (;;) {
      const start = this.#at;
      const token = this.#peekSolid();
      if (token.kind !== 'variable') return { variables, isAssign: false };
      this.#at++;
      const next = this.#nextSolid();
      const variable: VariableNode = { kind: 'variable', pos: token.pos, names: [token.text] };
      if (next.kind === 'assign' || next.kind === 'declare') {
        variables.push(variable);
        this.#variables.push(token.text);
        return { variables, isAssign: next.kind === 'assign' };
      }
      if (next.kind !== 'char' || next.text !== ',') {
        this.#at = start;
        return { variables, isAssign: false };
      }
      variables.push(variable);
      this.#variables.push(token.text);
      if (context !== 'range' || variables.length >= 2) this.#fail(`too many declarations in ${context}`);
      const after = this.#peekSolid();
      if (!['variable', 'right', 'close'].includes(after.kind)) this.#fail('range can only initialize variables');
    }
  }

  #command(): CommandNode {
    const pos = this.#peekSolid().pos;
    const args: Expression[] = [];
    for (;;) {
      this.#skipSpace();
      const operand = this.#operand();
      if (operand !== undefined) args.push(operand);
      const token = this.#next();
      if (token.kind === 'space') continue;
      if (token.kind === 'right' || token.kind === 'close') this.#at--;
      else if (token.kind !== 'pipe') this.#unexpected(token, 'operand');
      break;
    }
    const [first, ...rest] = args;
    return first === undefined ? this.#fail('empty command') : { kind: 'command', pos, args: [first, ...rest] };
  }

  #operand(): Expression | undefined {
    const base = this.#term();
    if (base === undefined || this.#peek().kind !== 'field') return base;
    const pos = this.#peek().pos;
    const names: string[] = [];
    while (this.#peek().kind === 'field') names.push(this.#next().text.slice(1));
    switch (base.kind) {
      case 'field':
      case 'variable':
        return { ...base, pos, names: [...base.names, ...names] };
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.#fail(`unexpected . after term ${goQuote(nodeText(base))}`);
      default:
        return { kind: 'chain', pos, base, names };
    }
  }

  #term(): Expression | undefined {
    const token = this.#nextSolid();
    const { pos, text } = token;
    switch (token.kind) {
      case 'identifier':
        if (!this.#functions.has(text)) return this.#fail(`function ${goQuote(text)} not defined`);
        return { kind: 'identifier', pos, name: text };
      case 'variable':
        if (!this.#variables.includes(text)) return this.#fail(`undefined variable ${goQuote(text)}`);
        return { kind: 'variable', pos, names: [text] };
      case 'field':
        return { kind: 'field', pos, names: [text.slice(1)] };
      case 'bool':
        return { kind: 'bool', pos, value: text === 'true' };
      case 'number': {
        const number = readGoNumber(text);
        return number === undefined
          ? this.#fail(`illegal number syntax: ${goQuote(text)}`)
          : { kind: 'number', pos, text, ...number };
      }
      case 'char-constant': {
        const value = readGoChar(text);
        return value === undefined
          ? this.#fail(`malformed character constant: ${text}`)
          : { kind: 'number', pos, text, value, isFloat: false };
      }
      case 'string':
      case 'raw-string':
        return { kind: 'string', pos, quoted: text, text: readGoString(text) ?? this.#fail('invalid syntax') };
      case 'open':
        return this.#pipeline('parenthesized pipeline', 'close');
    }
    if (token.kind === 'keyword' && token.text === '.') return { kind: 'dot', pos };
    if (token.kind === 'keyword' && token.text === 'nil') return { kind: 'nil', pos };
    this.#at--;
    return undefined;
  }
}

/**
 * Parses a template.
 *
 * @param functions names that may be called
 * @param name what messages call the template
 * @throws TemplateParseError in the words of Go's parser
 */
export function parseTemplate(source: string, functions: ReadonlySet<string>, name = ''): ParsedTemplate {
  const parser = new Parser(lexTemplate(source), functions, name);
  const root = parser.parse();
  return { name, source, root, defined: parser.defined };
}
