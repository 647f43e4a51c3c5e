/** Checks answers of the API against its OpenAPI 2.0 description. */
import { existsSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly allOf?: readonly Schema[];
  readonly 'x-nullable'?: boolean;
  readonly 'x-omitempty'?: boolean;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header' | 'body';
  readonly type?: string;
  readonly schema?: Schema;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly responses?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly definitions: Readonly<Record<string, Schema>>;
}

/** Where the description lies when it is there: beside the repository. */
export const DESCRIPTION = new URL('../../../shared/data/docker-engine-api-v1.50.yaml', import.meta.url);

export function hasDescription(): boolean {
  return existsSync(DESCRIPTION);
}

/** The parsed description, with a checker for answers. */
export class OpenApi {
  readonly #description: Description;

  constructor(text: string = readFileSync(DESCRIPTION, 'utf8')) {
    this.#description = parse(text) as Description;
  }

  /** Everything that is described: methods in capitals, paths as templates. */
  operations(): { readonly method: string; readonly path: string; readonly parameters: readonly Parameter[] }[] {
    return Object.entries(this.#description.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { parameters = [] }]) => ({
        method: method.toUpperCase(),
        path,
        parameters,
      })),
    );
  }

  /** A value of a schema, every field of an object there; `leaf` makes what is no list and no object. */
  sample(given: Schema, leaf: (type: string, name: string) => unknown, name = '', depth = 0): unknown {
    const schema = this.#resolve(given);
    if (schema.type === 'array') return depth > 6 ? [] : [this.sample(schema.items ?? {}, leaf, name, depth + 1)];
    if (schema.properties !== undefined && depth <= 6)
      return Object.fromEntries(
        Object.entries(schema.properties).map(([key, inner]) => [key, this.sample(inner, leaf, key, depth + 1)]),
      );
    if (typeof schema.additionalProperties === 'object' && depth <= 6)
      return { key: this.sample(schema.additionalProperties, leaf, 'key', depth + 1) };
    return leaf(schema.type ?? 'object', name);
  }

  /**
   * @param path template as in the description, `/containers/{id}/json`
   * @returns what is wrong with an answer, empty when nothing
   */
  check(method: string, path: string, status: number, body: unknown): string[] {
    const operation = this.#description.paths[path]?.[method.toLowerCase()];
    if (operation === undefined) return [`${method} ${path} is not described`];
    const response = operation.responses?.[String(status)];
    if (response === undefined) return [`${method} ${path} may not answer ${status}`];
    return response.schema === undefined ? [] : this.#checkValue(response.schema, body, '$');
  }

  #resolve(schema: Schema): Schema {
    if (schema.$ref !== undefined) {
      const name = schema.$ref.replace('#/definitions/', '');
      const found = this.#description.definitions[name];
      if (found === undefined) throw new Error(`the description has no ${schema.$ref}`);
      return this.#resolve(found);
    }
    if (schema.allOf === undefined) return schema;
    const parts = schema.allOf.map((part) => this.#resolve(part));
    return {
      ...schema,
      type: schema.type ?? parts.find((part) => part.type !== undefined)?.type ?? 'object',
      properties: Object.assign({}, ...parts.map((part) => part.properties ?? {}), schema.properties ?? {}),
      required: [...parts.flatMap((part) => part.required ?? []), ...(schema.required ?? [])],
    } as Schema;
  }

  #checkValue(given: Schema, value: unknown, at: string): string[] {
    const schema = this.#resolve(given);
    // The description marks few of the many fields where Go's nil slices, maps and pointers become null.
    if (value === null) {
      const nullable = schema['x-nullable'] || given['x-nullable'] || ['array', 'object'].includes(schema.type ?? '');
      return nullable ? [] : [`${at} is null`];
    }
    if (schema.enum !== undefined && !schema.enum.some((allowed) => isDeepStrictEqual(allowed, value)))
      return [`${at} is ${JSON.stringify(value)}, not one of ${schema.enum.join(', ')}`];
    switch (schema.type) {
      case 'string':
        return this.#checkString(schema, value, at);
      case 'boolean':
        return typeof value === 'boolean' ? [] : [`${at} is no boolean`];
      case 'integer':
        return Number.isInteger(value) ? [] : [`${at} is no integer`];
      case 'number':
        return typeof value === 'number' ? [] : [`${at} is no number`];
      case 'array':
        if (!Array.isArray(value)) return [`${at} is no array`];
        return value.flatMap((item, index) => this.#checkValue(schema.items ?? {}, item, `${at}[${index}]`));
      case 'object':
        return this.#checkObject(schema, value, at);
      default:
        return schema.properties === undefined ? [] : this.#checkObject(schema, value, at);
    }
  }

  #checkString(schema: Schema, value: unknown, at: string): string[] {
    if (typeof value !== 'string') return [`${at} is no string`];
    if (schema.format === 'dateTime' && value !== '' && Number.isNaN(Date.parse(value))) return [`${at} is no time`];
    return [];
  }

  #checkObject(schema: Schema, value: unknown, at: string): string[] {
    if (typeof value !== 'object' || Array.isArray(value)) return [`${at} is no object`];
    const properties = schema.properties ?? {};
    const missing = (schema.required ?? []).filter((name) => !(name in (value as object)));
    const extra = schema.additionalProperties;
    const problems = Object.entries(value as object).flatMap(([name, inner]) => {
      const known = properties[name];
      if (known !== undefined) return this.#checkValue(known, inner, `${at}.${name}`);
      if (typeof extra === 'object') return this.#checkValue(extra, inner, `${at}.${name}`);
      // A name that nobody described is a typing error more often than an extension.
      return schema.properties !== undefined && extra !== true ? [`${at}.${name} is not described`] : [];
    });
    return [...missing.map((name) => `${at}.${name} is missing`), ...problems];
  }
}
