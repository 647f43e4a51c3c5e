import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SCRIPTS } from '#cli/completion/scripts.ts';

const BIN = fileURLToPath(new URL('../../../bin', import.meta.url));
const ARCHIVE = fileURLToPath(new URL('../../../dist/hello.tar', import.meta.url));

/** What bash offers for a line with the cursor at its end, as its readline would break it into words. */
function offered(line: string, env: NodeJS.ProcessEnv): string[] {
  const words = line.split(/([:=]|\s+)/).filter((word) => word.trim() !== '');
  if (/\s$/.test(line)) words.push('');
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const script = `eval "$(berth completion bash)"; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}
    COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}; _berth; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8', env });
  return output.split('\n').filter((word) => word !== '');
}

test('bash completes commands, flags, live names, and words that it breaks at colons and equals signs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-completion-'));
  const env = { PATH: `${BIN}:${process.env['PATH']}`, BERTH_ROOT: join(folder, 'root'), HOME: folder };
  try {
    execFileSync('berth', ['load', '-q', '-i', ARCHIVE], { env });
    execFileSync('berth', ['create', '--network', 'none', '--name', 'sleeper', 'berth/hello'], { env });
    assert.deepEqual(offered('berth unpa', env), ['unpause']);
    assert.deepEqual(offered('berth container ren', env), ['rename']);
    assert.deepEqual(offered('berth start ', env), ['sleeper']);
    assert.deepEqual(offered('berth stop ', env), []);
    assert.deepEqual(offered('berth run --restart=unl', env), ['unless-stopped']);
    assert.deepEqual(offered('berth rmi berth/hello:la', env), ['latest']);
    assert.deepEqual(offered('berth network inspect bri', env), ['bridge']);
    assert.deepEqual(offered('berth --context de', env), ['default']);
    assert.deepEqual(offered('berth run --no-h', env), ['--no-healthcheck']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

for (const shell of ['bash', 'zsh', 'fish']) {
  const isThere = spawnSync(shell, ['--version']).status === 0;
  test(`the script for ${shell} is one`, { skip: !isThere && `${shell} is not installed` }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'berth-completion-'));
    try {
      const file = join(folder, 'script');
      writeFileSync(file, SCRIPTS[shell] ?? assert.fail(shell));
      execFileSync(shell, ['-n', file]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
