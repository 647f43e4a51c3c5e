import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkInsecure, checkMirror } from './check-settings.ts';

test('checkMirror() and checkInsecure() take what docker takes, in its form', () => {
  assert.equal(checkMirror('https://mirror.example'), 'https://mirror.example/');
  assert.equal(checkMirror('http://mirror.example:5000/hub'), 'http://mirror.example:5000/hub/');
  assert.throws(() => checkMirror('mirror'), /invalid mirror: "mirror" is not a valid URI/);
  assert.throws(() => checkMirror('ftp://mirror.example'), /unsupported scheme "ftp"/);
  assert.throws(() => checkMirror('https://mirror.example/?x=1'), /query or fragment/);
  assert.throws(
    () => checkMirror('https://me:secret@mirror.example'),
    (error: Error) => !error.message.includes('secret'),
  );
  for (const entry of ['reg.example', 'reg.example:5000', '10.0.0.0/8', '[fd00::1]:5000', 'fd00::/8'])
    assert.equal(checkInsecure(entry), entry);
  assert.equal(checkInsecure('http://reg.example:5000'), 'reg.example:5000');
  for (const entry of ['-reg', '10.0.0.0/33', 'reg.example/path', 'reg:port'])
    assert.throws(() => checkInsecure(entry), /is not valid/);
});
