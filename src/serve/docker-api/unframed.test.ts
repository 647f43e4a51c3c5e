import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameStripper } from './unframed.ts';

function frame(stream: number, payload: string): Buffer {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, payload.length]);
  return Buffer.concat([header, Buffer.from(payload)]);
}

test('FrameStripper.strip() gives the same payloads however the frames are cut', () => {
  const bytes = Buffer.concat([frame(1, 'one'), frame(2, ''), frame(2, 'three'), frame(1, 'four')]);
  for (let size = 1; size <= bytes.length; size++) {
    const stripper = new FrameStripper();
    const found: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) found.push(...stripper.strip(bytes.subarray(at, at + size)));
    assert.equal(Buffer.concat(found).toString(), 'onethreefour', `chunks of ${size}`);
  }
});
