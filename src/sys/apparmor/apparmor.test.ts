import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, matchesGlob } from 'node:path';
import { test } from 'node:test';
import { defaultProfileText, everythingBut } from './default-profile.ts';
import { loadedProfiles } from './profiles.ts';

/** AppArmor's patterns are globs in which `**` also crosses slashes. */
function matches(path: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    matchesGlob(path.replaceAll('/', '_'), pattern.replaceAll('/', '_').replace('**', '*')),
  );
}

test('everythingBut() matches all but what starts with the allowed part', () => {
  const patterns = everythingBut('/sys/', 'fs/cgroup');
  for (const denied of ['/sys/kernel/x', '/sys/firmware/a/b', '/sys/fs/bpf/x', '/sys/fs/cgx', '/sys/fuse/a']) {
    assert.equal(matches(denied, patterns), true, denied);
  }
  for (const allowed of ['/sys/fs/cgroup', '/sys/fs/cgroup/a/memory.max', '/sys/fs', '/sys']) {
    assert.equal(matches(allowed, patterns), false, allowed);
  }
});

test('defaultProfileText() is one profile of that name, every rule ended', () => {
  const lines = defaultProfileText('some-name').trimEnd().split('\n');
  assert.equal(lines[0], 'profile some-name flags=(attach_disconnected, mediate_deleted) {');
  assert.equal(lines.at(-1), '}');
  for (const line of lines.slice(1, -1)) assert.match(line, /^(?: {2}#.*| {2}.*,|)$/);
});

test('loadedProfiles() takes the mode off and knows names with blanks', () => {
  const directory = mkdtempSync(join(tmpdir(), 'berth-apparmor-'));
  try {
    const file = join(directory, 'profiles');
    writeFileSync(file, 'berth-default (enforce)\n/usr/bin/man (complain)\na b//null-x (unconfined)\n');
    assert.deepEqual([...loadedProfiles(file)], ['berth-default', '/usr/bin/man', 'a b//null-x']);
    assert.deepEqual([...loadedProfiles(join(directory, 'none'))], []);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
