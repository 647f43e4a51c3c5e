import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTemplate } from './execute.ts';
import { FUNCTIONS } from './functions.ts';
import { parseTemplate } from './parser.ts';
import { rawValue } from './values.ts';

// What real docker prints is in the goldens of the command line; here is what its objects do not reach.
const NAMES = new Set(FUNCTIONS.keys());
const run = (source: string, document: unknown, strictKeys = false) =>
  runTemplate(parseTemplate(source, NAMES), rawValue(document), { strictKeys });

test('runTemplate() prints maps sorted and lists in brackets', () => {
  assert.equal(run('{{.}}', { b: [1, 'x', null], a: { c: true } }), 'map[a:map[c:true] b:[1 x <nil>]]');
});

test('runTemplate() prints a missing key as no value, or fails when keys must exist', () => {
  assert.equal(run('{{.a}}', {}), '<no value>');
  assert.throws(() => run('{{.a}}', {}, true), {
    message: 'template: :1:2: executing "" at <.a>: map has no entry for key "a"',
  });
});

test('runTemplate() ranges over maps in the order of their keys', () => {
  assert.equal(run('{{range $k, $v := .}}{{$k}}={{$v}};{{end}}', { b: 2, a: 1 }), 'a=1;b=2;');
  assert.equal(run('{{range .}}x{{else}}none{{end}}', []), 'none');
});

test('runTemplate() leaves a loop at break and goes on at continue', () => {
  const source = '{{range .}}{{if eq . "b"}}{{continue}}{{end}}{{if eq . "d"}}{{break}}{{end}}{{.}}{{end}}';
  assert.equal(run(source, ['a', 'b', 'c', 'd', 'e']), 'ac');
});

test('runTemplate() keeps variables to their block and assigns to the outer one', () => {
  assert.equal(run('{{$x := 1}}{{if true}}{{$x = 2}}{{$y := 3}}{{end}}{{$x}}', {}), '2');
  assert.throws(() => run('{{if true}}{{$y := 3}}{{end}}{{$y}}', {}), {
    message: 'template: :1: undefined variable "$y"',
  });
});

test('runTemplate() stops a template that calls itself for ever', () => {
  assert.throws(
    () => run('{{define "a"}}{{template "a"}}{{end}}{{template "a"}}', {}),
    /exceeded maximum template depth/,
  );
});

test('runTemplate() evaluates no more of and and or than it needs', () => {
  assert.equal(run('{{or 1 (index . 9)}}{{and 0 (index . 9)}}', []), '10');
});

test('runTemplate() counts bytes for the column of a message', () => {
  assert.throws(() => run('é{{.a.b}}', { a: 'x' }, true), /template: :1:6: /);
});

test('parseTemplate() trims white space beside dashed delimiters', () => {
  assert.equal(run('a  {{- 1 -}}\n b', {}), 'a1b');
  assert.equal(run('a {{/* c */ -}} b', {}), 'a b');
});

test('printf() formats by verbs, widths and flags', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['{{printf "%08.3f|%+d|%-4s|%4s|%q" 3.14159 5 "a" "b" "c"}}', '0003.142|+5|a   |   b|"c"'],
    ['{{printf "%x %X %o %b %#x" 255 255 8 5 255}}', 'ff FF 10 101 0xff'],
    ['{{printf "%5t|%v|%T" true 1.5 1.5}}', ' true|1.5|float64'],
    ['{{printf "%d%%" 5}}', '5%'],
    ['{{printf "%d" "x"}}', '%!d(string=x)'],
    ['{{printf "%d %d" 1}}', '1 %!d(MISSING)'],
    ['{{printf "x" 1 "a"}}', 'x%!(EXTRA int=1, string=a)'],
    ['{{printf "%.2s|%6.2s|" "abc" "abc"}}', 'ab|    ab|'],
  ];
  for (const [source, wanted] of cases) assert.equal(run(source, {}), wanted, source);
});
