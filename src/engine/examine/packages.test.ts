import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PACKAGE_FILES, readPackages } from './packages.ts';

test('readPackages() reads what dpkg has installed, and not what is only configured', () => {
  const text = `Package: bash
Status: install ok installed
Installed-Size: 7196
Version: 5.2-1
Description: shell
 Version: 9 is not a field

Package: gone
Status: deinstall ok config-files
Version: 1
`;
  assert.deepEqual(readPackages('apt', text), [{ Name: 'bash', Version: '5.2-1', Size: 7196 * 1024 }]);
});

test("readPackages() reads apk's database", () => {
  const text = 'C:Q1x\nP:musl\nV:1.2.5-r0\nI:634880\n\nP:busybox\nV:1.36\n';
  assert.deepEqual(readPackages('apk', text), [
    { Name: 'musl', Version: '1.2.5-r0', Size: 634880 },
    { Name: 'busybox', Version: '1.36', Size: -1 },
  ]);
});

test('readPackages() reads the files of npm and pip, and nothing from what is neither', () => {
  assert.deepEqual(readPackages('npm', '{"name":"a","version":"1.0.0"}'), [{ Name: 'a', Version: '1.0.0', Size: -1 }]);
  assert.deepEqual(readPackages('npm', '{"name":'), []);
  assert.deepEqual(readPackages('npm', 'null'), []);
  const metadata = 'Metadata-Version: 2.1\r\nName: requests\r\nVersion: 2.0\r\n\r\nName: other';
  assert.deepEqual(readPackages('pip', metadata), [{ Name: 'requests', Version: '2.0', Size: -1 }]);
});

test('PACKAGE_FILES names the files of packages and no files inside of them', () => {
  assert.ok(PACKAGE_FILES.npm.test('usr/lib/node_modules/@scope/x/package.json'));
  assert.ok(!PACKAGE_FILES.npm.test('usr/lib/node_modules/x/test/package.json'));
  assert.ok(PACKAGE_FILES.pip.test('usr/lib/python3/dist-packages/x-1.dist-info/METADATA'));
  assert.ok(PACKAGE_FILES.apt.test('var/lib/dpkg/status.d/base'));
  assert.ok(!PACKAGE_FILES.apt.test('x/var/lib/dpkg/status'));
});
