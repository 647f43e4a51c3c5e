import { BerthError } from '#base/errors.ts';

/** What `--security-opt` asks for. */
export interface SecurityOptions {
  /** `undefined` is the built-in profile; otherwise `unconfined` or a profile as JSON text. */
  readonly seccomp: string | undefined;
  readonly apparmor: string | undefined;
  readonly labels: readonly string[];
  readonly noNewPrivileges: boolean;
  readonly writableCgroups: boolean;
}

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'security-opt.invalid', message);
}

/**
 * Reads `HostConfig.SecurityOpt`.
 *
 * @throws invalid for a malformed or unknown option, with Docker's words
 */
export function parseSecurityOptions(options: readonly string[] | null): SecurityOptions {
  let seccomp: string | undefined;
  let apparmor: string | undefined;
  let noNewPrivileges = false;
  let writableCgroups = false;
  const labels: string[] = [];
  for (const option of options ?? []) {
    if (option === 'no-new-privileges') {
      noNewPrivileges = true;
      continue;
    }
    const cut = /^([^=:]*)[=:](.*)$/s.exec(option);
    if (cut === null) throw invalid(`invalid --security-opt 1: "${option}"`);
    const [, key = '', value = ''] = cut;
    if (key === 'label') labels.push(value);
    else if (key === 'apparmor') apparmor = value;
    else if (key === 'seccomp') seccomp = checkSeccomp(value);
    else if (key === 'no-new-privileges') noNewPrivileges = parseBool(value, option);
    else if (key === 'writable-cgroups') writableCgroups = parseBool(value, option);
    else throw invalid(`invalid --security-opt 2: "${option}"`);
  }
  return { seccomp, apparmor, labels, noNewPrivileges, writableCgroups };
}

function checkSeccomp(value: string): string | undefined {
  if (value === 'unconfined') return value;
  if (value === '' || value === 'builtin') return undefined;
  try {
    JSON.parse(value);
  } catch (error) {
    throw invalid(`Decoding seccomp profile failed: ${(error as Error).message}`);
  }
  return value;
}

function parseBool(value: string, option: string): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(value)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value)) return false;
  throw invalid(`invalid --security-opt 2: "${option}"`);
}
