import { setTimeout as sleep } from 'node:timers/promises';

/** Tries until it succeeds. @throws the last failure after two minutes */
export async function until<T>(what: string, attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
      await sleep(200);
    }
  }
}
