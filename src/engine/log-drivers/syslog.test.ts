import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSyslog, syslogForward } from './syslog.ts';

const texts = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test('parseSyslog() reads addresses, facilities and formats', () => {
  assert.deepEqual(parseSyslog({}), { target: { kind: 'local' }, facility: 3, format: 'local' });
  assert.deepEqual(parseSyslog({ 'syslog-address': 'udp://192.0.2.1', 'syslog-facility': 'local7' }), {
    target: { kind: 'udp', host: '192.0.2.1', port: 514 },
    facility: 23,
    format: 'remote',
  });
  const target = (address: string) => parseSyslog({ 'syslog-address': address }).target;
  assert.deepEqual(target('tcp://[2001:db8::1]:1514'), { kind: 'tcp', host: '2001:db8::1', port: 1514 });
  assert.deepEqual(target('unix:///run/log.sock'), { kind: 'unix-stream', path: '/run/log.sock' });
  assert.deepEqual(target('unixgram:///run/log.sock'), { kind: 'unix-datagram', path: '/run/log.sock' });
  assert.equal(parseSyslog({ 'syslog-facility': '4' }).facility, 4);
  assert.equal(parseSyslog({ 'syslog-format': 'rfc5424micro' }).format, 'rfc5424');
});

test('parseSyslog() names what is wrong', () => {
  const refuses = (options: Record<string, string>, pattern: RegExp) =>
    assert.throws(() => parseSyslog(options), pattern);
  refuses({ 'syslog-facility': 'weather' }, /invalid syslog facility/);
  refuses({ 'syslog-facility': '24' }, /invalid syslog facility/);
  refuses({ 'syslog-format': 'xml' }, /Invalid syslog format/);
  refuses({ 'syslog-address': 'somewhere' }, /should be in form proto:\/\/address, got somewhere/);
  refuses({ 'syslog-address': 'udp://host:99999' }, /invalid syslog-address/);
  refuses({ 'syslog-address': 'unix://relative' }, /no absolute path/);
  refuses({ 'syslog-address': 'tcp+tls://host' }, /TLS is not supported/);
  refuses({ 'syslog-tls-ca-cert': '/ca.pem' }, /needs a syslog-address of tcp\+tls/);
});

test('syslogForward() writes what stands around a message in each format', async () => {
  const udp = await syslogForward(parseSyslog({ 'syslog-address': 'udp://192.0.2.1' }), 'web');
  assert.deepEqual(udp.to, { kind: 'udp', address: '192.0.2.1', port: 514 });
  assert.deepEqual(udp.heads.map(texts), ['<30> ', '<27> ']);
  assert.match(texts(udp.middle), /^ \S+ web\[\d+\]: $/);
  assert.equal(texts(udp.tail), '');
  const counted = { 'syslog-address': 'tcp://192.0.2.1:1', 'syslog-format': 'rfc5424', 'syslog-facility': 'user' };
  const tcp = await syslogForward(parseSyslog(counted), 'web');
  assert.deepEqual([tcp.counted, tcp.time, ...tcp.heads.map(texts)], [true, 'rfc3339', '<14>1 ', '<11>1 ']);
  assert.match(texts(tcp.middle), /^ \S+ web \d+ web - $/);
  const old = { 'syslog-address': 'unix:///log', 'syslog-format': 'rfc3164' };
  const unix = await syslogForward(parseSyslog(old), 'web');
  assert.deepEqual([unix.time, texts(unix.tail)], ['rfc3164', '\n']);
});
