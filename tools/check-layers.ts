/** Checks the direction of imports in `src/` against `tools/layers.json`; see ARCHITECTURE.md, "Layers". */
import { readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { listFiles } from './list-files.ts';

interface Layer {
  readonly imports: readonly string[];
  readonly builtins: readonly string[];
  readonly packages?: readonly string[];
}
interface Rules {
  readonly layers: Readonly<Record<string, Layer>>;
  readonly restricted: Readonly<Record<string, readonly string[]>>;
  readonly minimumFiles: number;
}

const IMPORT = /^\s*(?:import|export)\s(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;

/**
 * Says what is wrong with one import.
 *
 * @param file path from the repository's root, `src/<layer>/…`
 * @param specifier what stands in the import
 * @returns a sentence, or nothing when the import is allowed
 */
export function checkImport(rules: Rules, file: string, specifier: string): string | undefined {
  const from = file.split('/')[1] ?? '';
  const layer = rules.layers[from];
  if (layer === undefined) return `${file}: the folder src/${from} is no layer of tools/layers.json`;
  const isTest = file.endsWith('.test.ts');
  if (specifier.startsWith('#')) {
    const to = specifier.slice(1).split('/')[0] ?? '';
    if (to === from) return `${file}: import ${specifier} by a relative path, it is in the same layer`;
    return layer.imports.includes(to) ? undefined : `${file}: ${from} must not import ${to} (${specifier})`;
  }
  if (specifier.startsWith('.')) {
    const target = normalize(join(dirname(file), specifier));
    if (target === 'package.json') return undefined;
    const inLayer = target.startsWith(`src/${from}/`) || (isTest && !target.startsWith('src/'));
    return inLayer ? undefined : `${file}: the relative import ${specifier} leaves its layer`;
  }
  if (specifier.startsWith('node:')) {
    if (isTest) return undefined;
    const allowed = layer.builtins.includes('*') || layer.builtins.includes(specifier);
    if (!allowed) return `${file}: ${from} must not import ${specifier}`;
    const places = rules.restricted[specifier];
    if (places === undefined || places.some((place) => file.startsWith(place))) return undefined;
    return `${file}: only ${places.join(' and ')} may import ${specifier}`;
  }
  return isTest || layer.packages?.includes(specifier)
    ? undefined
    : `${file}: ${from} must not import the package ${specifier}`;
}

/** The specifiers of all static and dynamic imports in a source text. */
export function importsOf(source: string): string[] {
  return [...source.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? '');
}

/** Checks all of `src/`. @returns the complaints; also one if it saw fewer files than it must */
export function checkLayers(root: string): string[] {
  const rules = JSON.parse(readFileSync(join(root, 'tools/layers.json'), 'utf8')) as Rules;
  const files = listFiles(join(root, 'src'), '.ts').map((file) => relative(root, file));
  const complaints = files.flatMap((file) =>
    importsOf(readFileSync(join(root, file), 'utf8'))
      .map((specifier) => checkImport(rules, file, specifier))
      .filter((complaint) => complaint !== undefined),
  );
  if (files.length < rules.minimumFiles)
    complaints.push(`the layer check saw ${files.length} files, fewer than ${rules.minimumFiles}`);
  return complaints;
}
