import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { readRpmDatabase } from './read-rpm-database.ts';

test('readRpmDatabase() gives the headers in a database of rpm, and refuses other bytes', () => {
  const place = mkdtempSync(join(tmpdir(), 'berth-test-'));
  try {
    const path = join(place, 'rpmdb.sqlite');
    const db = new DatabaseSync(path);
    db.exec(
      "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL); INSERT INTO Packages VALUES (1, x'0102')",
    );
    db.exec('PRAGMA journal_mode=WAL');
    db.close();
    assert.deepEqual(
      readRpmDatabase(readFileSync(path)).map((each) => [...each]),
      [[1, 2]],
    );
    assert.throws(() => readRpmDatabase(Buffer.from('no database')), /cannot be read/);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});
