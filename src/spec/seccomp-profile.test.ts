import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isBerthError } from '#base/errors.ts';
import { dockerDefaultSeccomp, evaluateProfile, loadDockerProfile, type ProfileTarget } from './seccomp-profile.ts';

const target = (more: Partial<ProfileTarget> = {}): ProfileTarget => ({
  caps: [],
  arch: 'amd64',
  kernelVersion: { major: 6, minor: 1 },
  ...more,
});
const rule = (names: string[], more: object = {}): object => ({ names, action: 'SCMP_ACT_ALLOW', ...more });
const profile = (...syscalls: object[]): string => JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls });
const namesOf = (text: string, where: ProfileTarget): string[] =>
  (loadDockerProfile(text, where).syscalls ?? []).flatMap(({ names }) => [...names]);

test('loadDockerProfile() leaves the rules whose conditions hold', () => {
  const text = profile(
    rule(['a']),
    rule(['b'], { includes: { caps: ['CAP_SYS_ADMIN', 'CAP_BPF'] } }),
    rule(['c'], { includes: { arches: ['arm64'] } }),
    rule(['d'], { includes: { minKernel: '5.0' } }),
    rule(['e'], { excludes: { caps: ['CAP_SYS_ADMIN', 'CAP_X'] } }),
    rule(['f'], { excludes: { arches: ['amd64'] } }),
    rule(['g'], { excludes: { minKernel: '5.0' } }),
  );
  assert.deepEqual(namesOf(text, target()), ['a', 'd', 'e']);
  assert.deepEqual(namesOf(text, target({ caps: ['CAP_SYS_ADMIN'] })), ['a', 'd']);
  assert.deepEqual(namesOf(text, target({ caps: ['CAP_SYS_ADMIN', 'CAP_BPF'], arch: 'arm64' })), [
    'a',
    'b',
    'c',
    'd',
    'f',
  ]);
  assert.deepEqual(namesOf(text, target({ kernelVersion: { major: 4, minor: 19 } })), ['a', 'e', 'g']);
});

test('loadDockerProfile() takes the older single name, nulls, and numbers beyond 2^53', () => {
  const text =
    '{"defaultAction":"SCMP_ACT_ERRNO","architectures":null,"syscalls":[{"name":"x","action":"SCMP_ACT_ALLOW","includes":null,' +
    '"args":[{"index":0,"value":18446744073709551615,"valueTwo":0,"op":"SCMP_CMP_EQ"}]}]}';
  assert.deepEqual(loadDockerProfile(text, target()).syscalls, [
    {
      names: ['x'],
      action: 'SCMP_ACT_ALLOW',
      args: [{ index: 0, value: 18446744073709551615n, valueTwo: 0, op: 'SCMP_CMP_EQ' }],
    },
  ]);
});

test('loadDockerProfile() takes the architectures of the machine out of the map', () => {
  const text = JSON.stringify({
    defaultAction: 'SCMP_ACT_ALLOW',
    archMap: [
      { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] },
      { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: null },
    ],
  });
  assert.deepEqual(loadDockerProfile(text, target()).architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']);
  assert.deepEqual(loadDockerProfile(text, target({ arch: 'arm64' })).architectures, ['SCMP_ARCH_AARCH64']);
  assert.equal(loadDockerProfile(text, target({ arch: 'riscv64' })).architectures, undefined);
});

for (const [what, text, message] of [
  ['text that is not JSON', '{', /decoding seccomp profile failed/],
  ['a list', '[]', /not an object/],
  ['no default action', '{}', /no defaultAction/],
  ['rules that are no list', '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":{}}', /not a list of rules/],
  ['a rule without action', '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"]}]}', /no action/],
  ['a rule without names', profile({ action: 'SCMP_ACT_LOG' }), /names no system call/],
  ['name and names', profile(rule(['a'], { name: 'b' })), /both 'name' and 'names'/],
  ['a bad kernel version', profile(rule(['a'], { includes: { minKernel: 'new' } })), /invalid kernel version/],
  [
    'both kinds of architectures',
    '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["A"],"archMap":[{"architecture":"B"}]}',
    /both 'architectures'/,
  ],
] as const) {
  test(`loadDockerProfile() refuses ${what}`, () => {
    assert.throws(
      () => loadDockerProfile(text, target()),
      (error) => isBerthError(error, 'invalid') && message.test(error.message),
    );
  });
}

test('dockerDefaultSeccomp() forbids namespaces without CAP_SYS_ADMIN and allows them with it', () => {
  const without = dockerDefaultSeccomp(target());
  const names = (without.syscalls ?? [])
    .filter((r) => r.action === 'SCMP_ACT_ALLOW' && !r.args)
    .flatMap((r) => [...r.names]);
  assert.ok(names.includes('read') && !names.includes('unshare') && !names.includes('clone'));
  assert.deepEqual(without.architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32']);
  const admin = dockerDefaultSeccomp(target({ caps: ['CAP_SYS_ADMIN'] }));
  assert.ok((admin.syscalls ?? []).some((r) => r.names.includes('unshare')));
  assert.ok(!(admin.syscalls ?? []).some((r) => r.names.includes('clone3') && r.action === 'SCMP_ACT_ERRNO'));
});

const FACTS = fileURLToPath(new URL('../../../shared/data/docker-seccomp-default.json', import.meta.url));

test("dockerDefaultSeccomp() says what docker's file says for every condition", {
  skip: !existsSync(FACTS) && 'no facts beside the repository',
}, () => {
  const facts = JSON.parse(readFileSync(FACTS, 'utf8'), (_, value) => (value === null ? undefined : value));
  const caps = new Set<string>(
    facts.syscalls.flatMap((r: { includes?: { caps?: string[] } }) => r.includes?.caps ?? []),
  );
  const sorted = (config: ReturnType<typeof evaluateProfile>): object => ({
    ...config,
    syscalls: (config.syscalls ?? [])
      .map(({ names, ...rest }) =>
        JSON.stringify([
          names.toSorted(),
          Object.entries(rest).toSorted(),
          rest.args?.map(({ index, value, op }) => [index, value, op]),
        ]),
      )
      .toSorted(),
  });
  let compared = 0;
  for (const arch of ['amd64', 'arm64', 'ppc64le', 's390x', 'riscv64', 'arm', '386', 'mips64']) {
    for (const held of [[], [...caps], ...[...caps].map((cap) => [cap])]) {
      for (const kernelVersion of [
        { major: 4, minor: 7 },
        { major: 4, minor: 8 },
      ]) {
        const where = { caps: held, arch, kernelVersion };
        assert.deepEqual(sorted(dockerDefaultSeccomp(where)), sorted(evaluateProfile(facts, where)), `${arch} ${held}`);
        compared++;
      }
    }
  }
  assert.ok(compared > 200);
});
