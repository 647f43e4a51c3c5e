import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mappingsOf, parseIdMap, swapIds } from './id-map.ts';

test('parseIdMap() reads match-user and ranges, and refuses what is none', () => {
  assert.equal(parseIdMap('match-user'), 'match-user');
  assert.deepEqual(parseIdMap('uids=0-1000-1#1-2000-5;gids=0-1000-1'), {
    uids: [
      { stored: 0, shown: 1000, size: 1 },
      { stored: 1, shown: 2000, size: 5 },
    ],
    gids: [{ stored: 0, shown: 1000, size: 1 }],
  });
  const bad: readonly (readonly [string, RegExp])[] = [
    ['', /must be "match-user"/],
    ['uids=0-0-1', /needs both/],
    ['uids=0-0-1;gids=', /"" is no STORED-SHOWN-SIZE/],
    ['uids=0-0-1;uids=0-0-1', /must be/],
    ['uids=0-0-0;gids=0-0-1', /out of range/],
    ['uids=0-0-4294967296;gids=0-0-1', /out of range/],
    ['uids=0-0-2#1-5-1;gids=0-0-1', /overlap/],
    ['uids=0-5-2#8-6-1;gids=0-0-1', /overlap/],
  ];
  for (const [text, message] of bad) assert.throws(() => parseIdMap(text), { kind: 'invalid', message }, text);
});

test('swapIds() maps every id to one other: two change places, the rest stay', () => {
  const shownOf = (ranges: ReturnType<typeof swapIds>, id: number) => {
    const found = ranges.filter(({ stored, size }) => id >= stored && id < stored + size);
    assert.equal(found.length, 1, String(id));
    return found[0]!.shown + id - found[0]!.stored;
  };
  for (const [a, b] of [
    [0, 1000],
    [1000, 0],
    [5, 6],
    [7, 7],
    [0, 0xffff_fffe],
  ] as const) {
    const ranges = swapIds(a, b);
    assert.deepEqual([shownOf(ranges, a), shownOf(ranges, b)], [b, a]);
    const others = [0, 1, 4, 5, 6, 8, 999, 1001, 0xffff_fffd].filter((id) => id !== a && id !== b);
    for (const other of others) assert.equal(shownOf(ranges, other), other);
    assert.equal(
      ranges.reduce((sum, { size }) => sum + size, 0),
      0xffff_ffff,
    );
  }
});

test("mappingsOf() gives the runtime's mappings, and none when the owner already is the user", () => {
  const mappings = mappingsOf({ uids: [{ stored: 1, shown: 2, size: 3 }], gids: [] }, '/', '', { uid: 0, gid: 0 });
  assert.deepEqual(mappings?.uidMappings, [{ containerID: 1, hostID: 2, size: 3 }]);
  assert.equal(mappingsOf('match-user', '/', '', { uid: 0, gid: 0 }), undefined);
  assert.deepEqual(mappingsOf('match-user', '/', '', { uid: 5, gid: 0 })?.uidMappings[0], {
    containerID: 0,
    hostID: 5,
    size: 1,
  });
});
