import type { HealthAction, HealthConfig } from '#spec/docker-api/containers.ts';
import type { ParsedFlags } from '../parsed-flags.ts';

/** @returns `undefined` when no flag is about health. @throws Error in docker's words */
export function healthOf(flags: ParsedFlags): HealthConfig | undefined {
  const tests = testsOf(flags);
  const numbers = {
    Interval: flags.number('health-interval'),
    Timeout: flags.number('health-timeout'),
    Retries: flags.number('health-retries'),
    StartPeriod: flags.number('health-start-period'),
    StartInterval: flags.number('health-start-interval'),
  };
  const action = flags.text('health-on-failure');
  const hasSettings = tests.length > 0 || action !== '' || Object.values(numbers).some((number) => number !== 0);
  if (flags.bool('no-healthcheck')) {
    if (hasSettings) throw new Error('--no-healthcheck conflicts with --health-* options');
    return { Test: ['NONE'] };
  }
  if (!hasSettings) return undefined;
  for (const flag of ['interval', 'timeout', 'retries', 'start-period', 'start-interval'])
    if (flags.number(`health-${flag}`) < 0) throw new Error(`--health-${flag} cannot be negative`);
  const given = Object.entries(numbers).filter(([, number]) => number !== 0);
  if (tests.length > 1) throw new Error('--health-cmd, --health-http and --health-tcp exclude each other');
  return {
    ...(tests[0] !== undefined && { Test: tests[0] }),
    ...Object.fromEntries(given),
    ...(action !== '' && { OnFailure: action as HealthAction }),
  };
}

/** One test for each flag that names one; the two over the network are Berth's own. */
function testsOf(flags: ParsedFlags): string[][] {
  const kinds = [
    ['CMD-SHELL', 'health-cmd'],
    ['HTTP', 'health-http'],
    ['TCP', 'health-tcp'],
  ] as const;
  return kinds.flatMap(([kind, flag]) => {
    const value = flags.text(flag);
    return value === '' ? [] : [[kind, value]];
  });
}
