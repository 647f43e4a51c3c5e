/*
 * The process that reads what containers send may do next to nothing: another user, no capabilities, no new programs, read-only
 * sight of the names and of the host's resolv.conf, few system calls. Everything else was opened before.
 */
#include "resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NOBODY = 65534, DESCRIPTORS = 16384 };

#if defined(__x86_64__)
enum { ARCH = AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
enum { ARCH = AUDIT_ARCH_AARCH64 };
#else
enum { ARCH = 0 }; /* no filter: its system calls have not been looked through */
#endif

static const uint16_t allowed[] = {
	SYS_read, SYS_write, SYS_close, SYS_recvfrom, SYS_recvmsg, SYS_sendto, SYS_sendmsg, SYS_accept4, SYS_connect,
	SYS_epoll_ctl, SYS_epoll_pwait, SYS_getdents64, SYS_openat, SYS_fstat, SYS_newfstatat, SYS_clock_gettime, SYS_getrandom,
	SYS_mmap, SYS_munmap, SYS_mremap, SYS_brk, SYS_madvise, SYS_exit_group, SYS_rt_sigreturn, SYS_lseek, SYS_fcntl,
#ifdef SYS_epoll_wait
	SYS_epoll_wait,
#endif
};

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define DENY BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

static void __attribute__((unused)) filter_calls(void)
{
	struct sock_filter code[16 + 2 * ARRAY_LEN(allowed)] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
		/* sockets of the internet alone */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 5),
		LOAD(args[0]),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
		ALLOW,
		DENY,
		/* the number of an interface, for link-local servers */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 4),
		LOAD(args[1]),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x8933 /* SIOCGIFINDEX */, 0, 1),
		ALLOW,
		DENY,
	};
	unsigned short n = 15;
	struct sock_fprog program = {.filter = code};

	if (ARCH == 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++) {
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1);
		code[n++] = (struct sock_filter)ALLOW;
	}
	code[n++] = (struct sock_filter)DENY;
	program.len = n;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0))
		_exit(1);
}

static void allow_reading(int rules, const char *path)
{
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
		.parent_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC),
	};

	if (beneath.parent_fd < 0)
		return;
	syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
	close(beneath.parent_fd);
}

/* The folder in which a file really is; links to it lie in /etc and /run. */
static void allow_folder_of(int rules, const char *file)
{
	char *real = realpath(file, NULL), *slash = real ? strrchr(real, '/') : NULL;

	if (slash && slash > real) {
		*slash = 0;
		allow_reading(rules, real);
	}
	free(real);
}

/* Where the kernel has no Landlock, file permissions are all there is. */
static void limit_files(const char *resolv_conf)
{
	struct landlock_ruleset_attr all = {.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
	int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);

	if (rules < 0)
		return;
	allow_reading(rules, ".");
	allow_reading(rules, "/etc");
	allow_reading(rules, "/run");
	allow_folder_of(rules, resolv_conf);
	if (syscall(SYS_landlock_restrict_self, rules, 0))
		_exit(1);
	close(rules);
}

static void become_nobody(void)
{
	if (geteuid() != 0)
		return; /* rootless: already nobody special */
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		_exit(1);
}

static void limit_resources(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max < DESCRIPTORS ? files.rlim_max : DESCRIPTORS;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

/* The guard's end is the end; a change of user clears this. */
static void bind_to_guard(pid_t guard)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) || getppid() != guard)
		_exit(1);
}

void sandbox_enter(const char *resolv_conf, int guard)
{
	limit_resources();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		_exit(1);
	limit_files(resolv_conf);
	become_nobody();
	bind_to_guard(guard);
#ifndef __SANITIZE_ADDRESS__ /* which needs more of the kernel than the program itself */
	filter_calls();
#endif
}
