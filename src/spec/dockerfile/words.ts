import { BerthError } from '#base/errors.ts';

type Environment = ReadonlyMap<string, string>;

/** Splits at blanks outside quotes, takes quotes and backslashes off and puts variables in. */
export function splitWords(text: string, env: Environment): string[] {
  return scan(text, env, true);
}

/** Like {@link splitWords} for a text that is one word whatever blanks it has. */
export function expandWords(text: string, env: Environment): string {
  return scan(text, env, false)[0] ?? '';
}

function scan(text: string, env: Environment, split: boolean): string[] {
  const found: string[] = [];
  let word = '';
  let isQuoted = false;
  let quote = '';
  let quotedFrom = 0;
  // A variable that is empty makes no word; quotes always do.
  const close = () => {
    if (word !== '' || isQuoted) found.push(word);
    word = '';
    isQuoted = false;
  };
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (quote === '' && split && /\s/.test(char)) {
      close();
      continue;
    }
    if (char === quote) quote = '';
    else if (quote === '' && (char === '"' || char === "'")) {
      quote = char;
      quotedFrom = i;
      isQuoted = true;
    } else if (char === '\\' && quote !== "'" && i + 1 < text.length) {
      const next = text[++i]!;
      // Inside double quotes a backslash is only special before these.
      word += quote === '"' && !'"$\\'.includes(next) ? `\\${next}` : next;
    } else if (char === '$' && quote !== "'") {
      const { value, length } = variable(text.slice(i), env);
      word += value;
      i += length - 1;
    } else word += char;
  }
  if (quote !== '') {
    throw new BerthError(
      'invalid',
      'change.invalid',
      `failed to process ${JSON.stringify(text.slice(quotedFrom))}: unexpected end of statement while looking for matching ${quote === '"' ? 'double-quote' : 'single-quote'}`,
    );
  }
  close();
  return found;
}

/** `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:+other}`. */
function variable(text: string, env: Environment): { value: string; length: number } {
  const plain = /^\$([A-Za-z_][A-Za-z0-9_]*)/.exec(text);
  if (plain !== null) return { value: env.get(plain[1]!) ?? '', length: plain[0].length };
  const braced = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-+])([^}]*))?\}/.exec(text);
  if (braced === null) {
    if (text.startsWith('${'))
      throw new BerthError(
        'invalid',
        'change.invalid',
        `failed to process ${JSON.stringify(text)}: unsupported modifier in substitution`,
      );
    return { value: '$', length: 1 };
  }
  const [all, name = '', operator, word = ''] = braced;
  const value = env.get(name);
  const isSet = operator?.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
  if (operator?.endsWith('+')) return { value: isSet ? word : '', length: all.length };
  if (operator?.endsWith('-')) return { value: isSet ? value! : word, length: all.length };
  return { value: value ?? '', length: all.length };
}
