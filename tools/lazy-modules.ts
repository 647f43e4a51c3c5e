import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, join, resolve as resolvePath } from 'node:path';
import { type Plugin, transform } from 'esbuild';

/** Where our own modules are: not esbuild's `file`, where `"type": "module"` of the package decides what a file is. */
const OURS = 'ours';
/** Modules of Node.js and packages: required when something of theirs is used, once. */
const THEIRS = 'theirs';

/** What esbuild puts before each module; ours need none of it. */
const HELPERS =
  /^(?:var __\w+ = [\s\S]*?;\n)+(?=var |const |let |function |class |async |module|\/\/|"|'|import|0|void)/;
const STATIC_IMPORT = /^var (\w+) = (?:__toESM\()?require\("([^"]+)"\)(?:(?:, 1)?\))?;\n/gm;
const DYNAMIC_IMPORT = /__toESM\((require\("[^"]+"\))\)/g;
const EXPORTS = /^__export\(\w+, \{\n([\s\S]*?)\n\}\);\nmodule\.exports = __toCommonJS\(\w+\);\n/m;
const ANNOTATION = /^\/\/ Annotate the CommonJS export names[\s\S]*/m;

/**
 * Makes every module of ours a function that runs when something of it is first used, and not when a module that imports it runs.
 *
 * Bundlers put all modules into one scope: the compiler then sees every function of the program at each start, and a module that is
 * imported for one rare case is evaluated always. Here a command pays for what it calls. It changes the order in which modules are
 * evaluated, so a module must not rely on the side effects of another; there are no import cycles (`tools/check-layers.ts`).
 *
 * @param imports of package.json: patterns like `#base/*`
 * @param define replaces such expressions in each module
 * @returns a plugin of esbuild
 */
export function lazyModules(imports: Record<string, string>, define: Record<string, string>): Plugin {
  const resolve = (path: string, importer: string) => {
    const pattern = Object.keys(imports).find((key) => path.startsWith(key.replace('*', '')));
    if (pattern === undefined) return join(dirname(importer), path);
    return resolvePath(imports[pattern]?.replace('*', path.slice(pattern.length - 1)) ?? '');
  };
  return {
    name: 'lazy-modules',
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, importer, kind, namespace }) => {
        if (kind === 'entry-point') return { path: resolvePath(path), namespace: OURS };
        if (namespace === THEIRS) return { path, external: true };
        if (path.endsWith('.json')) return { path: resolve(path, importer) };
        if (isBuiltin(path) || !/^[.#]/.test(path)) return { path, namespace: THEIRS };
        return { path: resolve(path, importer), namespace: OURS };
      });
      build.onLoad({ filter: /.*/, namespace: THEIRS }, ({ path }) => ({ contents: contentsOfTheirs(path) }));
      build.onLoad({ filter: /.*/, namespace: OURS }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        return { contents: await contentsOfOurs(source, path, define), loader: 'js' };
      });
    },
  };
}

/** A package may be imported as a whole, by `default`, or by name. */
function contentsOfTheirs(path: string): string {
  if (isBuiltin(path)) return `module.exports = require("${path}")`;
  return `const it = require("${path}"); module.exports = it.default === undefined ? Object.assign(Object.create(it), { default: it }) : it`;
}

async function contentsOfOurs(source: string, path: string, define: Record<string, string>): Promise<string> {
  const { code } = await transform(source, {
    loader: 'ts',
    format: 'cjs',
    platform: 'node',
    target: 'node26',
    supported: { 'dynamic-import': false },
    sourcefile: path,
    define,
  });
  return inline(code, path);
}

/** `import_x.name` becomes `require("x").name`, which esbuild makes a call of a function that remembers. */
function inline(code: string, path: string): string {
  let text = code.replace(HELPERS, '');
  const names = new Map<string, string>();
  text = text.replace(STATIC_IMPORT, (_, name: string, from: string) => {
    if (!name.startsWith('import_')) return `const ${name} = require("${from}");\n`;
    names.set(name, from.endsWith('.json') ? `({ default: require("${from}") })` : `(require("${from}"))`);
    return '';
  });
  text = text.replace(DYNAMIC_IMPORT, '$1').replace(ANNOTATION, '');
  let exported = '';
  text = text.replace(EXPORTS, (_, lines: string) => {
    exported = `module.exports = { ${[...lines.matchAll(/^ {2}(\w+): \(\) => ([\w.]+),?$/gm)].map(([, name, value]) => exportOf(name, value)).join(', ')} };\n`;
    return '';
  });
  text = text.replace(/\bimport_\w+/g, (name) => names.get(name) ?? name);
  if (/\b__(toESM|export|toCommonJS|copyProps|defProp)\b/.test(text))
    throw new Error(`${path}: an import or export that is not understood`);
  return text + exported.replace(/\bimport_\w+/g, (name) => names.get(name) ?? name);
}

/** What is exported from another module is looked up there when it is used. */
function exportOf(name: string | undefined, value: string | undefined): string {
  if (value?.includes('.')) return `get ${name}() { return ${value}; }`;
  return name === value ? `${name}` : `${name}: ${value}`;
}
