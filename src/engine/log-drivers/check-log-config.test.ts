import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLogConfig } from './check-log-config.ts';

const json = (Config: Record<string, string>) => ({ Type: 'json-file', Config });

test('checkLogConfig() refuses unknown and impossible options', () => {
  const refuses = (config: Record<string, string>, message: string | RegExp) =>
    assert.throws(() => checkLogConfig(json(config)), { message });
  refuses({ colour: 'red' }, "unknown log opt 'colour' for json-file log driver");
  refuses({ 'max-file': '0' }, 'max-file cannot be less than 1');
  refuses({ 'max-file': 'x' }, 'invalid value for max-file: x');
  refuses({ 'max-size': 'big' }, 'invalid value for max-size: big');
  refuses({ compress: 'true', 'max-file': '1' }, /^compress cannot be true/);
  refuses({ mode: 'x' }, 'logger: logging mode not supported: x');
  refuses({ 'max-buffer-size': '1m' }, "logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  refuses({ mode: 'non-blocking', 'max-buffer-size': 'x' }, /error parsing option max-buffer-size/);
  refuses({ tag: '{{.Colour}}' }, /log-tag:1: \{\{.Colour\}\} is not supported/);
  refuses({ tag: '{{.ID' }, /unclosed action/);
  refuses({ 'env-regex': '(' }, /invalid value for env-regex/);
  checkLogConfig(json({ mode: 'non-blocking', 'max-buffer-size': '4m', tag: '{{.Name}}-{{lower .ImageName}}' }));
  assert.throws(() => checkLogConfig({ Type: 'none', Config: { a: '' } }), { message: /unknown log opt 'a'/ });
  checkLogConfig({ Type: 'none', Config: {} });
  const wrong = (Type: string, Config: Record<string, string>, message: string | RegExp) =>
    assert.throws(() => checkLogConfig({ Type, Config }), { message });
  wrong('sylog', {}, "logger: no log driver named 'sylog' is registered");
  wrong('gelf', {}, /'gelf' is not supported; use one of journald, json-file, local, none, syslog/);
  wrong('syslog', { 'max-size': '1k' }, "unknown log opt 'max-size' for syslog log driver");
  wrong('journald', { 'syslog-format': 'rfc5424' }, "unknown log opt 'syslog-format' for journald log driver");
  checkLogConfig({ Type: 'syslog', Config: { 'syslog-address': 'udp://[::1]:1514', tag: 'x' } });
});
