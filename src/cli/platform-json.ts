import { messageOf } from '#base/errors.ts';
import { ExitFailure } from './failure.ts';
import { parsePlatform } from './platform.ts';

/** A platform as JSON, the way the API takes it; `undefined` when none is given. @throws ExitFailure in docker's words */
export function platformJson(text: string): string | undefined {
  if (text === '') return undefined;
  try {
    return JSON.stringify(parsePlatform(text));
  } catch (error) {
    throw new ExitFailure(1, `invalid platform: ${messageOf(error)}`);
  }
}
