import { closeSync, fstatSync, readSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { BerthError, isErrno } from '#base/errors.ts';

/** The name under which every distribution installs the library; found by the dynamic linker. */
const SONAME = 'libseccomp.so.2';

/** Where distributions put it: only read to learn the version without loading it. */
const DIRECTORIES = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib/arm-linux-gnueabihf',
  '/usr/lib/riscv64-linux-gnu',
  '/usr/lib/powerpc64le-linux-gnu',
  '/usr/lib/s390x-linux-gnu',
  '/lib/x86_64-linux-gnu',
  '/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
  '/lib64',
  '/lib',
  '/usr/local/lib',
];

/** One argument condition, see seccomp_rule_add(3). */
export interface ArgCondition {
  readonly index: number;
  /** enum scmp_compare */
  readonly op: number;
  readonly a: bigint;
  readonly b: bigint;
}

/** The calls of libseccomp that compiling a filter needs. Failures are thrown with the library's errno. */
export interface Libseccomp {
  /** For example `2.5.4`. */
  readonly version: string;
  /** @returns the library's token, 0 for an architecture it does not know */
  resolveArchitecture(name: string): number;
  /** @returns -1 when the library does not know the name, other negative numbers for calls another architecture has */
  resolveSyscall(name: string): number;
  resolveSyscallOn(architecture: number, name: string): number;
  nativeArchitecture(): number;
  createFilter(defaultAction: number): FilterBuilder;
}

export interface FilterBuilder {
  addArchitecture(token: number): void;
  addRule(action: number, syscall: number, conditions: readonly ArgCondition[]): void;
  /** The program as an array of struct sock_filter. */
  export(): Uint8Array;
  release(): void;
}

/**
 * Which libseccomp this machine has, without loading it: the file's full name, for example `libseccomp.so.2.5.4`.
 *
 * @returns `undefined` when it is in none of the usual places
 */
export function installedLibseccomp(directories: readonly string[] = DIRECTORIES): string | undefined {
  for (const directory of directories) {
    try {
      return basename(realpathSync(`${directory}/${SONAME}`));
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
    }
  }
  return undefined;
}

/** The error for a machine without the library. */
export function libseccompMissing(cause?: unknown): BerthError {
  return new BerthError(
    'unavailable',
    'seccomp.no-library',
    'cannot build the seccomp filter: libseccomp (libseccomp.so.2) is not installed on this machine',
    { hint: 'apt-get install libseccomp2, or run without a filter: --security-opt seccomp=unconfined', cause },
  );
}

const OPTIMIZE = 8; // SCMP_FLTATR_CTL_OPTIMIZE
const BINARY_TREE = 2;
const EEXIST = 17;

/**
 * Loads libseccomp into this process.
 *
 * @throws BerthError `unavailable` when it is not installed
 */
export async function loadLibseccomp(soname: string = SONAME): Promise<Libseccomp> {
  const { default: koffi } = await import('koffi');
  const lib = ((): ReturnType<typeof koffi.load> => {
    try {
      return koffi.load(soname);
    } catch (error) {
      throw libseccompMissing(error);
    }
  })();
  const libc = koffi.load('libc.so.6');
  const memfdCreate = libc.func('int memfd_create(const char *name, unsigned int flags)');
  const init = lib.func('void *seccomp_init(uint32_t action)');
  const release = lib.func('void seccomp_release(void *ctx)');
  const archAdd = lib.func('int seccomp_arch_add(void *ctx, uint32_t token)');
  const ruleAdd = lib.func(
    'int seccomp_rule_add_array(void *ctx, uint32_t action, int syscall, unsigned int count, const uint8_t *args)',
  );
  const attrSet = lib.func('int seccomp_attr_set(void *ctx, int attr, uint32_t value)');
  const exportBpf = lib.func('int seccomp_export_bpf(void *ctx, int fd)');
  const version = koffi.decode(lib.func('void *seccomp_version()')(), 'unsigned int[3]');

  const createFilter = (defaultAction: number): FilterBuilder => {
    const context: unknown = init(defaultAction);
    if (context === null) throw seccompFailed('seccomp_init', -22);
    check('seccomp_attr_set', attrSet(context, OPTIMIZE, BINARY_TREE));
    return {
      addArchitecture: (token) => {
        const result: number = archAdd(context, token);
        if (result !== -EEXIST) check('seccomp_arch_add', result);
      },
      addRule: (action, syscall, conditions) => {
        check('seccomp_rule_add', ruleAdd(context, action, syscall, conditions.length, encodeConditions(conditions)));
      },
      export: () => {
        const fd: number = memfdCreate('seccomp', 1);
        if (fd < 0) throw seccompFailed('memfd_create', -24);
        try {
          check('seccomp_export_bpf', exportBpf(context, fd));
          return readWhole(fd);
        } finally {
          closeSync(fd);
        }
      },
      release: () => release(context),
    };
  };
  return {
    version: [...version].join('.'),
    resolveArchitecture: lib.func('uint32_t seccomp_arch_resolve_name(const char *name)'),
    resolveSyscall: lib.func('int seccomp_syscall_resolve_name(const char *name)'),
    resolveSyscallOn: lib.func('int seccomp_syscall_resolve_name_arch(uint32_t token, const char *name)'),
    nativeArchitecture: lib.func('uint32_t seccomp_arch_native()'),
    createFilter,
  };
}

/** struct scmp_arg_cmp: u32 argument, u32 comparison, u64 a, u64 b. */
function encodeConditions(conditions: readonly ArgCondition[]): Uint8Array {
  const bytes = new Uint8Array(Math.max(1, conditions.length) * 24);
  const view = new DataView(bytes.buffer);
  for (const [at, { index, op, a, b }] of conditions.entries()) {
    view.setUint32(at * 24, index, true);
    view.setUint32(at * 24 + 4, op, true);
    view.setBigUint64(at * 24 + 8, a, true);
    view.setBigUint64(at * 24 + 16, b, true);
  }
  return bytes;
}

function readWhole(fd: number): Uint8Array {
  const bytes = new Uint8Array(fstatSync(fd).size);
  let done = 0;
  while (done < bytes.length) {
    const count = readSync(fd, bytes, done, bytes.length - done, done);
    if (count === 0) throw new Error('the exported filter is shorter than its file');
    done += count;
  }
  return bytes;
}

function check(call: string, result: number): void {
  if (result < 0) throw seccompFailed(call, result);
}

function seccompFailed(call: string, result: number): BerthError {
  return new BerthError(
    'internal',
    'seccomp.compile',
    `building the seccomp filter: ${call}: ${getSystemErrorName(result)}`,
  );
}
