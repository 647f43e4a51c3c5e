import { messageOf } from '#base/errors.ts';
import type { ParsedFlags } from './parsed-flags.ts';
import { readCsvRecord } from './run/csv-record.ts';

/** The values of a flag of type `strings`: each given text may hold several, separated by commas. */
export function splitValues(flags: ParsedFlags, name: string): readonly string[] {
  return flags.list(name).flatMap((text) => {
    try {
      return text === '' ? [] : readCsvRecord(text);
    } catch (error) {
      throw flags.invalid(name, text, messageOf(error));
    }
  });
}
