import { cut } from '#base/cut.ts';
import type { RestartPolicy } from '#spec/docker-api/containers.ts';

/** `always`, `on-failure:3`; whether the name is one is the engine's to say. @throws Error in docker's words */
export function parseRestartPolicy(text: string): RestartPolicy {
  const [name, count] = cut(text, ':');
  const invalid = (why: string) => new Error(`invalid restart policy format: ${why}`);
  if (count !== undefined && name === '') throw invalid('no policy provided before colon');
  if (count !== undefined && count !== '' && !/^[+-]?\d{1,18}$/.test(count))
    throw invalid('maximum retry count must be an integer');
  return { Name: name, MaximumRetryCount: Number(count ?? 0) };
}
