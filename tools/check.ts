/** `npm run check`: types, lint and format, layers, sizes. Prints every complaint, exits 1 if there is one. */
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkLayers } from './check-layers.ts';
import { checkSizes } from './check-sizes.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a tool of node_modules; its output is the complaint when it fails. */
function tool(name: string, ...args: string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(`${root}/node_modules/.bin/${name}`, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve(status === 0 ? [] : [`${name} failed:\n${output}`]));
  });
}

const results = await Promise.all([
  tool('tsc', '-p', '.'),
  tool('biome', 'check', '.'),
  checkLayers(root),
  checkSizes(root),
]);
const complaints = results.flat();
for (const complaint of complaints) console.error(complaint);
console.log(
  complaints.length === 0 ? 'check: types, lint, layers and sizes are fine' : `check: ${complaints.length} complaints`,
);
process.exitCode = complaints.length === 0 ? 0 : 1;
