import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlagSpec } from './flag.ts';
import { parseFlags } from './parse-flags.ts';

const SPECS: readonly FlagSpec[] = [
  { name: 'all', short: 'a', usage: '' },
  { name: 'detach', short: 'd', usage: '' },
  { name: 'proxy', usage: '', default: 'true' },
  { name: 'env', short: 'e', type: 'list', usage: '' },
  { name: 'name', type: 'string', usage: '', default: 'x' },
  { name: 'count', short: 'n', type: 'int', usage: '', default: '-1' },
  { name: 'memory', short: 'm', type: 'bytes', usage: '' },
  { name: 'swap', type: 'bytes', usage: '', unlimited: true },
  { name: 'cpus', type: 'decimal', usage: '' },
  { name: 'every', type: 'duration', usage: '' },
  { name: 'old', type: 'int', usage: '', sameAs: 'count', deprecated: 'use --count instead' },
];

const parse = (...line: string[]) => parseFlags(SPECS, line, { interspersed: true });
const fails = (line: readonly string[], message: string) =>
  assert.throws(() => parseFlags(SPECS, line, { interspersed: true }), { message });

test('parseFlags() groups letters and takes values joined, apart and after an equals sign', () => {
  const { flags, args } = parse('-ad', '-eA=1', '-e', 'B', '-e=C', '--env=D', '--env', 'E', 'x');
  assert.equal(flags.bool('all'), true);
  assert.equal(flags.bool('detach'), true);
  assert.deepEqual(flags.list('env'), ['A=1', 'B', 'C', 'D', 'E']);
  assert.deepEqual(args, ['x']);
});

test('parseFlags() lets a letter with a value end a group', () => {
  const { flags } = parse('-adeX=1');
  assert.deepEqual(flags.list('env'), ['X=1']);
  assert.equal(flags.bool('all'), true);
});

test('parseFlags() reads boolean values only after an equals sign', () => {
  const { flags, args } = parse('--all=false', '--proxy=0', '-d', 'false');
  assert.equal(flags.bool('all'), false);
  assert.equal(flags.bool('proxy'), false);
  assert.equal(flags.bool('detach'), true);
  assert.deepEqual(args, ['false']);
});

test('parseFlags() keeps the last value of a flag that is not a list', () => {
  assert.equal(parse('--name', 'a', '--name', 'b').flags.text('name'), 'b');
});

test('parseFlags() gives defaults and empty values for what is not there', () => {
  const { flags } = parse();
  assert.equal(flags.text('name'), 'x');
  assert.equal(flags.number('count'), -1);
  assert.equal(flags.bool('proxy'), true);
  assert.equal(flags.bool('all'), false);
  assert.equal(flags.number('memory'), 0);
  assert.deepEqual(flags.list('env'), []);
  assert.equal(flags.changed('name'), false);
});

test('parseFlags() leaves everything after the first argument alone when not interspersed', () => {
  const { flags, args } = parseFlags(SPECS, ['-a', 'image', '-d', '--', '--zzz'], { interspersed: false });
  assert.equal(flags.bool('all'), true);
  assert.equal(flags.bool('detach'), false);
  assert.deepEqual(args, ['image', '-d', '--', '--zzz']);
});

test('parseFlags() ends flags at two dashes and takes a single dash as an argument', () => {
  const { flags, args } = parse('-a', '-', '--', '-d', '--');
  assert.equal(flags.bool('detach'), false);
  assert.deepEqual(args, ['-', '-d', '--']);
});

test('parseFlags() warns of a deprecated flag and hands its value to the other', () => {
  const { flags, warnings } = parse('--old', '5');
  assert.deepEqual(warnings, ['Flag --old has been deprecated, use --count instead']);
  assert.equal(flags.number('count'), 5);
  assert.equal(flags.changed('count'), true);
});

test('parseFlags() goes on after --help, so that what is wrong behind it is told', () => {
  assert.equal(parse('--help').help, true);
  assert.equal(parse('--help=false').help, false);
  assert.equal(parse('-h').help, true);
  fails(['--help', '--zzz'], 'unknown flag: --zzz');
});

test('parseFlags() names what it does not know in the words of pflag', () => {
  fails(['--zzz'], 'unknown flag: --zzz');
  fails(['--zzz=1'], 'unknown flag: --zzz');
  fails(['-z'], "unknown shorthand flag: 'z' in -z");
  fails(['-azd'], "unknown shorthand flag: 'z' in -zd");
  fails(['--name'], 'flag needs an argument: --name');
  fails(['-ae'], "flag needs an argument: 'e' in -e");
  fails(['---x'], 'bad flag syntax: ---x');
  fails(['--=x'], 'bad flag syntax: --=x');
});

test('parseFlags() refuses values in the words of Go and docker', () => {
  fails(['-n', 'x'], 'invalid argument "x" for "-n, --count" flag: strconv.ParseInt: parsing "x": invalid syntax');
  fails(
    ['--all=maybe'],
    'invalid argument "maybe" for "-a, --all" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
  );
  fails(['-m', '1q'], `invalid argument "1q" for "-m, --memory" flag: invalid suffix: 'q'`);
  fails(['-m', 'x'], `invalid argument "x" for "-m, --memory" flag: invalid size: 'x'`);
  fails(['-m', '-1'], `invalid argument "-1" for "-m, --memory" flag: invalid size: '-1'`);
  fails(['--cpus', '1e-10'], 'invalid argument "1e-10" for "--cpus" flag: value is too precise');
  fails(['--every', '5'], 'invalid argument "5" for "--every" flag: time: missing unit in duration "5"');
  fails(['--every', '5y'], 'invalid argument "5y" for "--every" flag: time: unknown unit "y" in duration "5y"');
});

test('ParsedFlags.number() reads units', () => {
  const { flags } = parse('-m', '1.5g', '--cpus', '0.5', '--every', '1h1m1.5s', '-n', '0x10');
  assert.equal(flags.number('memory'), 1_610_612_736);
  assert.equal(flags.number('cpus'), 500_000_000);
  assert.equal(flags.number('every'), 3_661_500_000_000);
  assert.equal(flags.number('count'), 16);
  assert.equal(parse('--swap', '-1').flags.number('swap'), -1);
  assert.equal(parse('-m', '64M').flags.number('memory'), 67_108_864);
  assert.equal(parse('-m', '1 KiB').flags.number('memory'), 1024);
  assert.equal(parse('--cpus', '3/2').flags.number('cpus'), 1_500_000_000);
});

test('ParsedFlags.text() fails for a flag that the command does not have', () => {
  assert.throws(() => parse().flags.text('zzz'), /invariant/);
});
