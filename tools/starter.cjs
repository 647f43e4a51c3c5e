// Starts a program of Berth: dist/NAME.cjs runs dist/NAME-main.cjs with the compiled code in dist/NAME-main.COMMAND.code.
//
// Node's own compile cache holds what the compiler made when the file was read, which is little: functions are compiled when
// they are first called. This one is taken after a whole command has run (see warm-up.ts), so that nothing of that
// command is compiled again, and reading what other commands need costs nothing. A cache that does not fit (another Node.js, another bundle) is ignored by V8.
'use strict';
const { readFileSync, writeFileSync, writeSync } = require('node:fs');
const { Script } = require('node:vm');

// What is asked most often by scripts needs nothing of the program.
if (process.argv.length === 3 && /^(--version|-v)$/.test(process.argv[2]) && /berth\.cjs$/.test(__filename) && !process.env.BERTH_SAVE_CODE) {
  writeSync(1, `Berth version ${require('../package.json').version}\n`);
  process.exit(0);
}

const main = `${__filename.slice(0, -'.cjs'.length)}-main`;

function readCode(command) {
  try {
    return readFileSync(`${main}.${command}.code`);
  } catch {
    return undefined; // no cache for this command, or this is the run that makes it
  }
}

/** That of the first word that is a command with code of its own; options before it may have values. */
function readCodeOf(words) {
  for (const word of words) {
    const code = /^[a-z]+$/.test(word) ? readCode(word) : undefined;
    if (code !== undefined) return code;
  }
  return readCode('version');
}

// The bundler writes ASCII only.
const source = readFileSync(`${main}.cjs`, 'latin1');
const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
  filename: `${main}.cjs`,
  cachedData: readCodeOf(process.argv.slice(2, 12)),
});
if (process.env.BERTH_SAVE_CODE) process.on('exit', () => writeFileSync(process.env.BERTH_SAVE_CODE, script.createCachedData()));
script.runInThisContext()({}, require, { exports: {} }, `${main}.cjs`, __dirname);
