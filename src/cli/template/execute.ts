/** Runs a parsed template over a value, with the messages of text/template. */
import { messageOf } from '#base/errors.ts';
import { goQuote } from '../flag-error.ts';
import type { TemplateFunction } from './functions.ts';
import { FUNCTIONS } from './functions.ts';
import type { BranchNode, CommandNode, Expression, IdentifierNode, Node, PipeNode } from './nodes.ts';
import { nodeText } from './nodes.ts';
import type { ParsedTemplate } from './parser.ts';
import { goText } from './print.ts';
import type { ParamType } from './values.ts';
import { GoFloat, GoStruct, isTrue, JsonNumber, paramTypeName, sortedKeys, typeName } from './values.ts';

/** What is wrong with the value a template was run over. */
export class TemplateRunError extends Error {
  /** What was printed before it failed. */
  readonly output: string;

  constructor(message: string, output: string) {
    super(message);
    this.output = output;
  }
}

export interface RunOptions {
  readonly functions?: ReadonlyMap<string, TemplateFunction>;
  /** True: a key that a map does not have is an error (`missingkey=error`). */
  readonly strictKeys?: boolean;
}

const NONE = Symbol('no value from the pipeline');
const BREAK = Symbol('break');
const CONTINUE = Symbol('continue');
type Leap = typeof BREAK | typeof CONTINUE | undefined;
/** Templates that call themselves for ever are stopped at this depth. */
const MAX_DEPTH = 500;

interface Variable {
  readonly name: string;
  value: unknown;
}

/** A name after a value, and what messages call the value's type. */
interface FieldOf {
  readonly receiver: unknown;
  readonly type: string;
  readonly name: string;
}

class Run {
  readonly #template: ParsedTemplate;
  readonly #functions: ReadonlyMap<string, TemplateFunction>;
  readonly #strict: boolean;
  readonly output: string[] = [];
  #name: string;
  #node: Node | Expression | CommandNode | undefined;
  #variables: Variable[] = [];
  #depth = 0;

  constructor(template: ParsedTemplate, options: RunOptions) {
    this.#template = template;
    this.#name = template.name;
    this.#functions = options.functions ?? FUNCTIONS;
    this.#strict = options.strictKeys ?? false;
  }

  /** Runs the body of a template with variables of its own. */
  body(nodes: readonly Node[], dot: unknown): void {
    const outer = this.#variables;
    this.#variables = [{ name: '$', value: dot }];
    this.#walkAll(nodes, dot);
    this.#variables = outer;
  }

  #fail(message: string): never {
    const node = this.#node;
    const output = this.output.join('');
    if (node === undefined) throw new TemplateRunError(`template: ${this.#name}: ${message}`, output);
    const before = this.#template.source.slice(0, node.pos);
    const line = before.split('\n').length;
    const column = Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1));
    throw new TemplateRunError(
      `template: ${this.#template.name}:${line}:${column}: executing ${goQuote(this.#name)} at <${nodeText(node)}>: ${message}`,
      output,
    );
  }

  #walkAll(nodes: readonly Node[], dot: unknown): Leap {
    for (const node of nodes) {
      const leap = this.#walk(node, dot);
      if (leap !== undefined) return leap;
    }
    return undefined;
  }

  #walk(node: Node, dot: unknown): Leap {
    this.#node = node;
    switch (node.kind) {
      case 'text':
        this.output.push(node.text);
        return undefined;
      case 'action': {
        const value = this.#pipe(node.pipe, dot);
        if (node.pipe.variables.length === 0) this.output.push(goText(value));
        return undefined;
      }
      case 'if':
      case 'with':
        return this.#ifOrWith(node, dot);
      case 'range':
        return this.#range(node, dot);
      case 'break':
        return BREAK;
      case 'continue':
        return CONTINUE;
      case 'template': {
        const body = this.#template.defined.get(node.name);
        if (body === undefined) return this.#fail(`template ${goQuote(node.name)} not defined`);
        if (this.#depth >= MAX_DEPTH) return this.#fail(`exceeded maximum template depth (${MAX_DEPTH})`);
        const value = node.pipe === undefined ? undefined : this.#pipe(node.pipe, dot);
        const outer = this.#name;
        this.#name = node.name;
        this.#depth++;
        this.body(body, value);
        this.#depth--;
        this.#name = outer;
        return undefined;
      }
    }
  }

  #ifOrWith(node: BranchNode, dot: unknown): Leap {
    const known = this.#variables.length;
    const value = this.#pipe(node.pipe, dot);
    let leap: Leap;
    if (isTrue(value)) leap = this.#walkAll(node.list, node.kind === 'with' ? value : dot);
    else if (node.otherwise !== undefined) leap = this.#walkAll(node.otherwise, dot);
    this.#variables.length = known;
    return leap;
  }

  /** Index and element of everything that can be ranged over. */
  #items(value: unknown, variables: number): [unknown, unknown][] {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value.map((item, i) => [i, item]);
    if (value instanceof Map) return sortedKeys(value).map((key) => [key, value.get(key)]);
    if (typeof value === 'number' && variables > 1)
      this.#fail(`can't use ${value} to iterate over more than one variable`);
    if (typeof value === 'number') return Array.from({ length: Math.max(value, 0) }, (_, i) => [i, i]);
    return this.#fail(`range can't iterate over ${goText(value, 'plain', true)}`);
  }

  #range(node: BranchNode, dot: unknown): Leap {
    const known = this.#variables.length;
    const items = this.#items(this.#pipe(node.pipe, dot), node.pipe.variables.length);
    const mark = this.#variables.length;
    const names = node.pipe.variables;
    for (const [index, item] of items) {
      const element = this.#variables[mark - 1];
      const first = this.#variables[mark - 2];
      if (names.length > 0 && element !== undefined) element.value = item;
      if (names.length > 1 && first !== undefined) first.value = index;
      const leap = this.#walkAll(node.list, item);
      this.#variables.length = mark;
      if (leap === BREAK) break;
    }
    this.#variables.length = known;
    return items.length === 0 && node.otherwise !== undefined ? this.#walkAll(node.otherwise, dot) : undefined;
  }

  #variable(name: string): Variable {
    return this.#variables.findLast((variable) => variable.name === name) ?? this.#fail(`undefined variable: ${name}`);
  }

  #pipe(pipe: PipeNode, dot: unknown): unknown {
    this.#node = pipe;
    let value: unknown = NONE;
    for (const command of pipe.commands) value = this.#command(command, dot, value);
    for (const { names } of pipe.variables) {
      const name = names[0] ?? '';
      if (pipe.isAssign) this.#variable(name).value = value;
      else this.#variables.push({ name, value });
    }
    return value;
  }

  #command(command: CommandNode, dot: unknown, final: unknown): unknown {
    const [first, ...rest] = command.args;
    if (first.kind === 'field' || first.kind === 'chain' || first.kind === 'variable')
      return this.#path(first, dot, rest, final);
    if (first.kind === 'identifier') return this.#function(first, command, dot, rest, final);
    if (first.kind !== 'pipe') this.#node = first;
    if (rest.length > 0 || final !== NONE) this.#fail(`can't give argument to non-function ${nodeText(first)}`);
    if (first.kind === 'nil') return this.#fail('nil is not a command');
    return this.#value(first, dot);
  }

  /** A path with nothing after it, or a constant. */
  #value(node: Expression, dot: unknown): unknown {
    switch (node.kind) {
      case 'dot':
        return dot;
      case 'bool':
        return node.value;
      case 'string':
        return node.text;
      case 'number':
        return node.isFloat ? new GoFloat(node.value) : node.value;
      case 'pipe':
        return this.#pipe(node, dot);
      case 'identifier':
        return this.#function(node, node, dot, [], NONE);
      case 'nil':
        return null;
      default:
        return this.#path(node, dot, [], NONE);
    }
  }

  /** `.A.B`, `$x.A` or `(pipe).A`; arguments go to the last name if it is a method. */
  #path(
    node: Extract<Expression, { readonly names: readonly string[] }>,
    dot: unknown,
    args: readonly Expression[],
    final: unknown,
  ): unknown {
    this.#node = node;
    let receiver: unknown = dot;
    let names = node.names;
    if (node.kind === 'variable') {
      receiver = this.#variable(names[0] ?? '').value;
      names = names.slice(1);
      if (names.length === 0 && (args.length > 0 || final !== NONE))
        this.#fail(`can't give argument to non-function ${nodeText(node)}`);
    } else if (node.kind === 'chain') {
      if (node.base.kind === 'nil') this.#fail(`indirection through explicit nil in ${nodeText(node)}`);
      receiver = this.#value(node.base, dot);
      this.#node = node;
    }
    for (const [i, name] of names.entries()) {
      const isLast = i === names.length - 1;
      // What stands in a document without Go types is no more than an interface until it is the value of something.
      const type = this.#strict && i > 0 ? 'interface {}' : typeName(receiver);
      receiver = this.#field({ receiver, type, name }, node, dot, isLast ? args : [], isLast ? final : NONE);
    }
    return receiver;
  }

  #field(at: FieldOf, node: Expression, dot: unknown, args: readonly Expression[], final: unknown) {
    const { receiver, type, name } = at;
    if (receiver === undefined) {
      if (this.#strict) this.#fail(`nil data; no entry for key ${goQuote(name)}`);
      return undefined;
    }
    if (receiver === null) return this.#fail(`nil pointer evaluating interface {}.${name}`);
    const hasArgs = args.length > 0 || final !== NONE;
    if (receiver instanceof GoStruct) {
      const method = receiver.methods.get(name);
      if (method !== undefined) return this.#call(method, node, name, dot, args, final);
      if (receiver.fields.has(name)) {
        if (hasArgs) this.#fail(`${name} has arguments but cannot be invoked as function`);
        return receiver.fields.get(name);
      }
      if (receiver.isMap) return undefined;
    }
    if (receiver instanceof Map) {
      if (hasArgs) this.#fail(`${name} is not a method but has arguments`);
      if (!receiver.has(name) && this.#strict) this.#fail(`map has no entry for key ${goQuote(name)}`);
      return receiver.get(name);
    }
    return this.#fail(`can't evaluate field ${name} in type ${type}`);
  }

  #function(
    node: IdentifierNode,
    command: Expression | CommandNode,
    dot: unknown,
    args: readonly Expression[],
    final: unknown,
  ) {
    this.#node = node;
    const found = this.#functions.get(node.name);
    if (found === undefined) return this.#fail(`${goQuote(node.name)} is not a defined function`);
    if (node.name === 'and' || node.name === 'or') return this.#shortCircuit(node.name, dot, args, final);
    if (node.name === 'call' && args[0] !== undefined) {
      const value = this.#argument(args[0], 'any', dot);
      for (const arg of args.slice(1)) this.#argument(arg, 'any', dot);
      this.#node = command;
      if (value === undefined || value === null) this.#fail('error calling call: call of nil');
      this.#fail(`error calling call: non-function ${nodeText(args[0])} of type ${typeName(value)}`);
    }
    return this.#call(found, command, node.name, dot, args, final);
  }

  /** `and` and `or` evaluate no more than they need. */
  #shortCircuit(name: 'and' | 'or', dot: unknown, args: readonly Expression[], final: unknown): unknown {
    if (args.length === 0 && final === NONE) this.#fail(`wrong number of args for ${name}: want at least 1 got 0`);
    let value: unknown;
    for (const arg of args) {
      value = this.#argument(arg, 'any', dot);
      if (isTrue(value) === (name === 'or')) return value;
    }
    return final === NONE ? value : final;
  }

  #call(
    called: Pick<TemplateFunction, 'params' | 'rest' | 'call'>,
    node: Expression | CommandNode,
    name: string,
    dot: unknown,
    args: readonly Expression[],
    final: unknown,
  ): unknown {
    const { params, rest } = called;
    const given = args.length + (final === NONE ? 0 : 1);
    if (rest !== undefined && given < params.length)
      this.#fail(`wrong number of args for ${name}: want at least ${params.length} got ${args.length}`);
    if (rest === undefined && given !== params.length)
      this.#fail(`wrong number of args for ${name}: want ${params.length} got ${given}`);
    const values = args.map((arg, i) => this.#argument(arg, params[i] ?? rest ?? 'any', dot));
    if (final !== NONE) values.push(this.#checked(final, params[args.length] ?? rest ?? 'any'));
    try {
      return called.call(...(values as never[]));
    } catch (error) {
      this.#node = node;
      return this.#fail(`error calling ${name}: ${messageOf(error)}`);
    }
  }

  #argument(node: Expression, type: ParamType, dot: unknown): unknown {
    this.#node = node;
    if (node.kind === 'nil')
      return type === 'any' || type === 'strings'
        ? undefined
        : this.#fail(`cannot assign nil to ${paramTypeName(type)}`);
    const isConstant = node.kind === 'bool' || node.kind === 'string' || node.kind === 'number';
    if (!isConstant || type === 'any') return this.#checked(this.#value(node, dot), type);
    if (type === 'string' && node.kind !== 'string') this.#fail(`expected string; found ${nodeText(node)}`);
    if (type === 'int' && (node.kind !== 'number' || node.isFloat))
      this.#fail(`expected integer; found ${nodeText(node)}`);
    if (type === 'bool' && node.kind !== 'bool') this.#fail(`expected bool; found ${nodeText(node)}`);
    if (type === 'strings') this.#fail(`can't handle ${nodeText(node)} for arg of type []string`);
    return this.#value(node, dot);
  }

  /** The value as a parameter of this type takes it. */
  #checked(value: unknown, type: ParamType): unknown {
    if (type === 'any') return value;
    if (value === undefined) {
      // Every key is there: it is a null of the document.
      if (this.#strict) this.#fail(`wrong type for value; expected ${paramTypeName(type)}; got interface {}`);
      if (type === 'strings') return [];
      return this.#fail(`invalid value; expected ${paramTypeName(type)}`);
    }
    const isRight =
      (type === 'string' && typeof value === 'string') ||
      (type === 'int' && typeof value === 'number') ||
      (type === 'bool' && typeof value === 'boolean') ||
      (type === 'strings' && Array.isArray(value) && value.every((item) => typeof item === 'string'));
    if (isRight) return value;
    if (type === 'string' && value instanceof JsonNumber)
      return this.#fail(`wrong type for value; expected string; got json.Number`);
    return this.#fail(`wrong type for value; expected ${paramTypeName(type)}; got ${typeName(value)}`);
  }
}

/**
 * Runs a template.
 *
 * @param dot the value of `.`
 * @returns what it printed
 * @throws TemplateRunError in the words of text/template
 */
export function runTemplate(template: ParsedTemplate, dot: unknown, options: RunOptions = {}): string {
  const run = new Run(template, options);
  run.body(template.root, dot);
  return run.output.join('');
}
