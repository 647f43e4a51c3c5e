import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { readBerkeleyHash, readNdb } from './rpm-files.ts';
import { readRpmHeader } from './rpm-header.ts';

/** `Packages` with three small packages, one of them larger than a page: rpm's headers, loaded by Berkeley DB's db_load. */
const PACKED =
  'H4sIAAAAAAACA+2bW2gdRRjH5+TalsZUbD17bIXQB02x5zC7M3sTL62NUvHSIlXqS3V2dyY57cnFnLREEVHwQaRStC8+9MEHfahY9EFRsA9BRAXBC4QiogXt' +
  'hbT2CrVYQxp3z35pM6OVFMVW/X6w2f3PzM7O7tlN8tuzSwghBZIjlrSR+dnConSal5e1QV0LTBlLSDch5wnZc9dzk2M8LyvM6mem/dcv9W0yyxEEQRAEQRAE' +
  'QRAEuTL83t0PdZKOyc6znac70yUEQRAEQRAEQRAEQf4NNL8vdmVfyI+nPwpNme03z1b+bKFJ8//9Df8/2Xm0c/8f+P9cvv/PwO//EQRBEARBEARBEOSfEv/W' +
  'dN6zDJw/K8jmE9mdgMIs/2+etVYhq25PF1YQ0rQ+nd+ZTmku7CH5uwEJufB+QLZy8wTJXxRognwE8jzIRyEvhPwTyV8QWAT5WDrPXjxYDPk45KWQT0D7lZBP' +
  'Qn8U8mmo55DPQn0A+Rfo73bIU1B/L+TzkNfluWUx5EcgF2FfNkO2YHtD+YFrKUH905BvgPw55G7o7wdYfyOsPwH5UWh/DHIE7c9ATiBPQpZ5LsDxb1GQWyHX' +
  'ILfn+bqd+fYKyyB/AvVdkA/m2y/cBPkQtO+DfATqa3lunDhZ/RjkVjg/Ps4/00IH9D8O9ddCnoLjfSpfv2kVjPd6yD2QeyGvhdwH+f4sryGDI31ymDgVl7D8' +
  'HGxf3TUi6yMkn3UNiXiL6JUVQrbMnz64rT9vNDA4IMnDA/UhGVdVVSakVh3YOpoWi+G4L++znPZZZpX6cFwZHuqH7aQDWDAzpaW1atS9ZrB/aFjW6zK5p1qT' +
  'D4p+WV9BoC4r6an2puO4WLZePFkbFI3G9bVim1w/LFV1dAVhFVrhZZvwilehjXn+0w4q2alN5vm3NkZEyuucrnIviYeqg6T3qeoQCWHc5URGVTFQzvelsc7W' +
  'EVUOiFAslHZsh0JxPxBS+YKySIaBVCJMwkgIxwlUFKqQSRZwJ/ESP7K5sLnnCu6GeV8OSyh3nIgrKdLmvm/LwHd8bkcR86kf0ojFCXVZIIWKuGc7jMnAoVHA' +
  'I9cXTnae5r88pqenTsEFn36UHRuc7QfepC+eqXmTXW8/O/ayR6kKFZNOzMIg8lmsXE8EPnVtzhMWJbaTCEYjSuxYCRaKMAoTGqQ7lwjpOTF1XJeHNuO+DETk' +
  'uUns+8rmoRvEURo8P6Es4b4dZBdSek4cnrlW0+VD+FcCQRAEQRAE+X8BOjcrj+f+3w3ONeP/u/8m/5/x/WsM319i+H634fsrDd+nhu9zw/dDw/fvNnz/PsP3' +
  'HzJ8Xxm+XzN8f9Tw/U8N3//e8P2Dhu9PGL5/wvD9n3XfJ7/qvk+mDd8vGL5vGb6/zPD95YbvJ4bv9xm+v9fw/THD978yfP+c4fu3Gb6/yvD9HsP31+a+X+8X' +
  'tRqxUye2yaVMv+F1P87N9Rv9le1Mti+4fr6NK+n6jfFcjulfva6fXV/g+s3nnrm58sWBzw48tu+W5Ztp+Y7jqa6HXDlezETAYhHTwPWospXvubHtCJfF1Ja2' +
  'sokdylhEiinpeEq6vlJR4ItEhZwzJXwaKE8FEZe+FEyk+yNpkkiqXN/3uaB2jK6PIAiCIAiCIJfw/1ZYbmvkw50z/l/ae9H/S6XL9P+2v+b/xVd1/y/u0v2/' +
  '+Jru/8XXdf8v7tb9v/ie7v/FD3X/L36k+39xn+7/xe90/y9O6P5v+br/Ww/o/m9t0P3f2qj7v/W47v9Wr+7/Vk33f+sJ3f+tuu7/1gu6/1vbdf+3XtH93xrX' +
  '/d/6Rvf/0krd/0tU9//SKt3/S1Xd/0tv6f5fekf3/9K7uv+XPsj9P6r2pvpsVzhxLuH/C0YRBEEQBEEQBEGQP2fG/9tm3QMokE0LSTseGwRBEARBEGRu/1Bm' +
  'T1rN7Um8qNpbbtzZLzsXnsTL7vaTK/okHozov/DW3awn8ZZWd974vDf1bceX85tXtyx4Y8eOdAMe8ygPbe4KwYSj4jgSXpQwN2Qxj5VSYToCSnweeCIIokS5' +
  'toxk5MWxF0vqsMiJqU+d2A1k7CWxk1DKXMdVrh/b6SHgnqOCdCfxSTwEuSr5DcPN7xcAcAAA';
const BERKELEY = gunzipSync(Buffer.from(PACKED, 'base64'));
const PACKAGES = ['big 3.1.4-2', 'other 7:2.5-3', 'small 1.0-1'];

const shown = (values: readonly Uint8Array[]) =>
  values
    .flatMap((value) => readRpmHeader(value) ?? [])
    .map(({ Name, Version }) => `${Name} ${Version}`)
    .sort();

/** A file of ndb as rpm lays it out: a page of slots, then blobs. */
function ndbOf(values: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(4096);
  head.write('RpmP', 0, 'latin1');
  head.writeUInt32LE(1, 12);
  for (let slot = 32; slot < 4096; slot += 16) head.write('Slot', slot, 'latin1');
  const pieces = [head];
  let at = 4096;
  for (const [i, value] of values.entries()) {
    const blob = Buffer.alloc(Math.ceil((16 + value.length + 12) / 16) * 16);
    blob.write('BlbS', 0, 'latin1');
    blob.writeUInt32LE(i + 1, 4);
    blob.writeUInt32LE(value.length, 12);
    blob.set(value, 16);
    // The first slot is free again: a package was removed.
    const slot = 32 + 16 * (i + 1);
    head.writeUInt32LE(i + 1, slot + 4);
    head.writeUInt32LE(at / 16, slot + 8);
    head.writeUInt32LE(blob.length / 16, slot + 12);
    pieces.push(blob);
    at += blob.length;
  }
  return Buffer.concat(pieces);
}

test('readBerkeleyHash() finds the headers of all packages', () => {
  assert.deepEqual(shown(readBerkeleyHash(BERKELEY)), PACKAGES);
});

test('readNdb() finds the headers of all packages', () => {
  assert.deepEqual(shown(readNdb(ndbOf(readBerkeleyHash(BERKELEY)))), PACKAGES);
});

test('readBerkeleyHash() and readNdb() refuse what is damaged, and end', () => {
  for (const read of [readBerkeleyHash, readNdb]) {
    const whole = read === readNdb ? ndbOf(readBerkeleyHash(BERKELEY)) : BERKELEY;
    assert.throws(() => read(new Uint8Array(4096)), /database of rpm \(.*\) cannot be read/);
    assert.throws(() => read(whole.subarray(0, 5000)), /cannot be read/);
    for (let at = 0; at < whole.length; at += 97) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 0xff;
      try {
        read(changed);
      } catch (error) {
        assert.match((error as Error).message, /cannot be read/, `byte ${at}`);
      }
    }
  }
});
