import type { ParsedFlags } from './parsed-flags.ts';

/** Whether `--format` asks for JSON. @throws for anything but `json` and `text` */
export function isJson(flags: ParsedFlags): boolean {
  const format = flags.text('format');
  if (!['', 'json', 'text'].includes(format)) throw flags.invalid('format', format, 'wanted "json" or "text"');
  return format === 'json';
}
