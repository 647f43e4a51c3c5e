/** Questions to whoever sits at the terminal. */
import { createInterface } from 'node:readline';
import type { Context } from '../command.ts';
import { ExitFailure } from '../failure.ts';

/** Asks for a line. */
export async function askLine(context: Context, question: string): Promise<string> {
  context.stdout.write(question);
  const lines = createInterface({ input: context.stdin, signal: context.signal });
  try {
    for await (const line of lines) return line.trim();
    return '';
  } finally {
    lines.close();
  }
}

const ENTER = /[\r\n]/;
const BACKSPACE = ['\x7f', '\b'];

/** Asks for a line that is not shown. @throws ExitFailure 130 when it is interrupted */
export async function askSecret(context: Context, question: string): Promise<string> {
  context.stdout.write(question);
  const { stdin } = context;
  stdin.setRawMode?.(true);
  try {
    let secret = '';
    for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
      for (const key of String(chunk)) {
        if (ENTER.test(key)) return secret;
        if (key === '\x03') throw new ExitFailure(130);
        if (key === '\x04' && secret === '') return secret;
        if (BACKSPACE.includes(key)) secret = secret.slice(0, -1);
        else secret += key;
      }
    }
    return secret;
  } finally {
    stdin.setRawMode?.(false);
    context.stdout.write('\n');
  }
}
