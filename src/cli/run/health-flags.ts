import type { HealthConfig } from '#spec/docker-api/containers.ts';
import type { ParsedFlags } from '../parsed-flags.ts';

/** @returns `undefined` when no flag is about health. @throws Error in docker's words */
export function healthOf(flags: ParsedFlags): HealthConfig | undefined {
  const command = flags.text('health-cmd');
  const numbers = {
    Interval: flags.number('health-interval'),
    Timeout: flags.number('health-timeout'),
    Retries: flags.number('health-retries'),
    StartPeriod: flags.number('health-start-period'),
    StartInterval: flags.number('health-start-interval'),
  };
  const hasSettings = command !== '' || Object.values(numbers).some((number) => number !== 0);
  if (flags.bool('no-healthcheck')) {
    if (hasSettings) throw new Error('--no-healthcheck conflicts with --health-* options');
    return { Test: ['NONE'] };
  }
  if (!hasSettings) return undefined;
  for (const flag of ['interval', 'timeout', 'retries', 'start-period', 'start-interval'])
    if (flags.number(`health-${flag}`) < 0) throw new Error(`--health-${flag} cannot be negative`);
  const given = Object.entries(numbers).filter(([, number]) => number !== 0);
  return { ...(command !== '' && { Test: ['CMD-SHELL', command] }), ...Object.fromEntries(given) };
}
