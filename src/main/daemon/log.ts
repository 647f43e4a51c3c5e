/** The daemon's own log: a line each on standard error, as systemd's journal takes it. */

export const LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const;
export type Level = (typeof LEVELS)[number];
/** `json`: an object a line, with docker's names. */
export type LogFormat = 'text' | 'json';

export interface Log {
  level: Level;
  write(level: Level, message: string, facts?: Readonly<Record<string, string | number>>): void;
}

function quote(value: string | number): string {
  const text = String(value);
  return /^[\w./:@-]+$/.test(text) ? text : JSON.stringify(text);
}

/** @param print takes one line with its end */
export function createLog(
  level: Level,
  print: (line: string) => void,
  { format = 'text', now = () => new Date() }: { readonly format?: LogFormat; readonly now?: () => Date } = {},
): Log {
  return {
    level,
    write(of, message, facts = {}) {
      if (LEVELS.indexOf(of) < LEVELS.indexOf(this.level)) return;
      if (format === 'json') {
        print(`${JSON.stringify({ ...facts, level: of, msg: message, time: now().toISOString() })}\n`);
        return;
      }
      const words = Object.entries(facts).map(([name, value]) => ` ${name}=${quote(value)}`);
      print(`time=${now().toISOString()} level=${of} msg=${quote(message)}${words.join('')}\n`);
    },
  };
}
