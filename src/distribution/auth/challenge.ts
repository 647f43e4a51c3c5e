/** What a server asks for (RFC 9110 section 11.6.1). */
export interface Challenge {
  /** Lower case: `bearer`, `basic`. */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const PARAMETER = new RegExp(`^(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,"]+))\\s*(?:,\\s*|$)`);
const SCHEME = new RegExp(`^(${TOKEN})(?:\\s+|$|(?=,))`);

/** The challenges of a `WWW-Authenticate` header. What cannot be read ends the list. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  let rest = header.trim();
  while (rest !== '') {
    const scheme = SCHEME.exec(rest);
    if (scheme === null) break;
    rest = rest.slice(scheme[0].length);
    const parameters: Record<string, string> = {};
    for (let next = PARAMETER.exec(rest); next !== null; next = PARAMETER.exec(rest)) {
      const [all, name = '', quoted, plain = ''] = next;
      parameters[name.toLowerCase()] = quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1');
      rest = rest.slice(all.length);
    }
    challenges.push({ scheme: scheme[1]!.toLowerCase(), parameters });
    rest = rest.replace(/^[\s,]+/, '');
  }
  return challenges;
}
