import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineScanner, type ScanOptions } from './line-scanner.ts';

const ALL: ScanOptions = {
  stdout: true,
  stderr: true,
  multiplexed: false,
  joinFrames: false,
  timestamps: false,
  details: false,
  sinceNs: undefined,
  untilNs: undefined,
};

function line(log: string, stream = 'stdout', time = '2026-01-02T03:04:05.5Z', attrs?: Record<string, string>): string {
  return `${JSON.stringify({ log, stream, ...(attrs === undefined ? {} : { attrs }), time })}\n`;
}

function scan(text: string, options: Partial<ScanOptions> = {}): string {
  const data = Buffer.from(text);
  const { output, used } = new LineScanner({ ...ALL, ...options }).scan(data, data.length);
  assert.equal(used, data.length);
  return output.toString();
}

test('LineScanner.scan() gives back every message, whatever it contains', () => {
  const messages = [
    'plain\n',
    'no end',
    '\n',
    '',
    'tab\tquote"back\\slash\n',
    '\u0001\u001b[0m\n',
    'ü€😀\u2028\r\n',
    '","stream":"stderr","time":"',
  ];
  assert.equal(scan(messages.map((message) => line(message)).join('')), messages.join(''));
  const escaped = '{"log":"\\ud83d\\ude00 \\u00fc\\/\\n","stream":"stdout","time":"2026-01-02T03:04:05Z"}\n';
  assert.equal(scan(escaped), '😀 ü/\n');
});

test('LineScanner.scan() understands other key orders and leaves out what is no JSON', () => {
  const odd = '{"time":"2026-01-02T03:04:05Z","stream":"stderr","log":"odd\\n"}\n';
  assert.equal(scan(`\0\0garbage\n${odd}{"log":\n${line('end\n')}`), 'odd\nend\n');
});

test('LineScanner.scan() leaves an unfinished line for the next call', () => {
  const whole = line('one\n') + line('two\n');
  const data = Buffer.from(whole);
  const scanner = new LineScanner(ALL);
  const first = scanner.scan(data, data.length - 5);
  assert.equal(first.output.toString(), 'one\n');
  assert.equal(first.used, line('one\n').length);
});

test('LineScanner.scan() frames messages, each or neighbours together', () => {
  const text = line('a\n') + line('b\n') + line('c\n', 'stderr') + line('d\n');
  const frame = (stream: number, message: string) =>
    `${String.fromCharCode(stream, 0, 0, 0, 0, 0, 0, message.length)}${message}`;
  assert.equal(
    scan(text, { multiplexed: true }),
    frame(1, 'a\n') + frame(1, 'b\n') + frame(2, 'c\n') + frame(1, 'd\n'),
  );
  assert.equal(
    scan(text, { multiplexed: true, joinFrames: true }),
    frame(1, 'a\nb\n') + frame(2, 'c\n') + frame(1, 'd\n'),
  );
});

test('LineScanner.scan() filters by stream and time and ends after until', () => {
  const at = (second: number) => `2026-01-02T03:04:0${second}.000000001Z`;
  const text = [1, 2, 3, 4]
    .map((second) => line(`${second}\n`, second % 2 === 0 ? 'stderr' : 'stdout', at(second)))
    .join('');
  assert.equal(scan(text, { stdout: false }), '2\n4\n');
  const second = BigInt(Date.parse('2026-01-02T03:04:00Z')) * 1_000_000n;
  assert.equal(scan(text, { sinceNs: second + 2_000_000_001n, untilNs: second + 3_000_000_001n }), '2\n3\n');
  assert.equal(scan(text, { sinceNs: second + 2_000_000_002n }), '3\n4\n');
  const scanner = new LineScanner({ ...ALL, untilNs: second });
  scanner.scan(Buffer.from(text), text.length);
  assert.equal(scanner.ended, true);
});

test('LineScanner.scan() adds times and details before the message', () => {
  const text = line('x\n', 'stdout', '2026-01-02T03:04:05Z', { b: 'two words', a: '1' });
  assert.equal(scan(text, { timestamps: true, details: true }), '2026-01-02T03:04:05Z a=1,b=two+words x\n');
  assert.equal(scan(text, { timestamps: true }), '2026-01-02T03:04:05Z x\n');
  assert.equal(scan(line('y\n'), { timestamps: true }), '2026-01-02T03:04:05.5Z y\n');
  assert.equal(scan(line('y\n'), { details: true }), ' y\n');
});
