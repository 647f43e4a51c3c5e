/* The gate, and the last step: becoming the container's program, or saying exactly why not. */
#include "keeper.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

static int fail_because(enum reason reason, int err)
{
	K.fail.reason = (uint8_t)reason;
	return -err;
}

static bool on_noexec_mount(const char *path)
{
	struct statvfs fs;

	return statvfs(path, &fs) == 0 && fs.f_flag & ST_NOEXEC;
}

static int executable(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno == ENOENT || errno == ENOTDIR ? fail_because(REASON_NOT_FOUND, ENOENT) : -errno;
	if (S_ISDIR(st.st_mode))
		return fail_because(REASON_DIRECTORY, EISDIR);
	if (S_ISREG(st.st_mode) && faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0)
		return 0;
	return fail_because(st.st_mode & 0111 && on_noexec_mount(path) ? REASON_NOEXEC_MOUNT : REASON_NOT_EXECUTABLE, EACCES);
}

/* execvp's search, without running anything. */
int find_program(const char *name, const char *search_path, char *found, size_t cap)
{
	bool noexec = false;
	struct text t;

	fail_path(name);
	text_init(&t, found, cap);
	if (strchr(name, '/') || !*name) {
		text_add(&t, name);
		return executable(found);
	}
	for (const char *dir = search_path; dir && *search_path;) {
		size_t len = strcspn(dir, ":");

		text_init(&t, found, cap);
		text_bytes(&t, len ? dir : ".", len ? len : 1);
		text_add(&t, "/");
		text_add(&t, name);
		if (t.len + 1 < cap && executable(found) == 0) {
			K.fail.reason = REASON_NONE;
			return 0;
		}
		noexec |= K.fail.reason == REASON_NOEXEC_MOUNT;
		dir = dir[len] ? dir + len + 1 : NULL;
	}
	return noexec ? fail_because(REASON_NOEXEC_MOUNT, EACCES) : fail_because(REASON_NOT_FOUND, ENOENT);
}

/* What find-program found: looked up with all system calls at hand, executed under the container's filter. */
static char program[4096];
static bool program_known;

int op_find_program(struct op *op)
{
	const char *name = op_str(op);
	int err = find_program(name, op_str(op), program, sizeof program);

	program_known = !err;
	return err;
}

/* "#!/bin/sh -e\r" -> /bin/sh, and whether the line ends as in DOS */
static void script_interpreter(const char *head, ssize_t n, char *out, size_t cap, bool *dos)
{
	const char *p = head + 2, *end = memchr(head, '\n', (size_t)n);
	struct text t;
	size_t len;

	end = end ? end : head + n;
	*dos = end > head && end[-1] == '\r';
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	for (len = 0; p + len < end && !strchr(" \t\r", p[len]); len++)
		;
	text_init(&t, out, cap);
	text_bytes(&t, p, len);
}

static void elf_interpreter(int fd, const Elf64_Ehdr *h, char *out, size_t cap)
{
	Elf64_Phdr ph;

	for (unsigned i = 0; i < h->e_phnum && i < 128; i++) {
		ssize_t n;

		if (pread(fd, &ph, sizeof ph, (off_t)(h->e_phoff + i * sizeof ph)) != sizeof ph || ph.p_type != PT_INTERP)
			continue;
		n = pread(fd, out, ph.p_filesz < cap - 1 ? ph.p_filesz : cap - 1, (off_t)ph.p_offset);
		out[n > 0 ? n : 0] = 0;
		return;
	}
}

#if defined(__x86_64__)
enum { OWN_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { OWN_MACHINE = EM_AARCH64 };
#else
enum { OWN_MACHINE = EM_NONE };
#endif

/* Looks at the file that execve refused, as far as the child's credentials allow. */
static int explain_refusal(const char *path, int err)
{
	char head[512] = {0}, interpreter[256] = {0};
	Elf64_Ehdr elf;
	struct stat st;
	bool dos = false;
	ssize_t n = 0;
	int fd;

	if (stat(path, &st))
		return errno == ENOENT || errno == ENOTDIR ? fail_because(REASON_NOT_FOUND, ENOENT) : -err;
	if (S_ISDIR(st.st_mode))
		return fail_because(REASON_DIRECTORY, EISDIR);
	if (err == EACCES && on_noexec_mount(path))
		return fail_because(REASON_NOEXEC_MOUNT, err);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0)
		n = read(fd, head, sizeof head - 1);
	if (n > 2 && head[0] == '#' && head[1] == '!') {
		script_interpreter(head, n, interpreter, sizeof interpreter, &dos);
	} else if (n >= (ssize_t)sizeof elf && !memcmp(head, ELFMAG, SELFMAG)) {
		memcpy(&elf, head, sizeof elf);
		if (elf.e_machine != OWN_MACHINE && OWN_MACHINE != EM_NONE) {
			struct text t;

			text_init(&t, K.fail.detail, sizeof K.fail.detail);
			text_num(&t, elf.e_machine);
			return fail_because(REASON_WRONG_MACHINE, err);
		}
		if (elf.e_ident[EI_CLASS] == ELFCLASS64)
			elf_interpreter(fd, &elf, interpreter, sizeof interpreter);
	}
	if (fd >= 0)
		close(fd);
	if (*interpreter) {
		fail_detail(interpreter);
		if (err == ENOENT)
			return fail_because(dos ? REASON_CRLF_INTERPRETER : REASON_NO_INTERPRETER, err);
	}
	if (err == EACCES)
		return fail_because(REASON_NOT_EXECUTABLE, err);
	return err == ENOEXEC || err == ELIBBAD ? fail_because(REASON_BAD_FORMAT, err) : -err;
}

static bool keeper_gone(void)
{
	struct pollfd p = {.fd = K.sync, .events = POLLRDHUP};

	return poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLRDHUP);
}

/* Dies with the keeper from here on. Again before exec, because a change of credentials clears it. */
static int bind_to_keeper(void)
{
	if (!K.plan.set.die_with_keeper || K.plan.set.mode == MODE_HANDOFF)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
		return -errno;
	return keeper_gone() ? -EOWNERDEAD : 0;
}

static void __attribute__((noreturn)) end_by_signal(int signal)
{
	_exit(128 + signal);
}

/*
 * What ends other processes ends one that waits for its start. It may be the first of its pid namespace, to which the kernel does
 * by default nothing: so there are handlers.
 */
static void set_ends(void (*handler)(int), int how)
{
	static const int ends[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM};
	struct sigaction action = {.sa_handler = handler};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		sigaction(ends[i], &action, NULL);
		sigaddset(&set, ends[i]);
	}
	sigprocmask(how, &set, NULL);
}

int op_gate(struct op *op)
{
	char c;
	int err;

	(void)op;
	close_mask_sources();
	err = prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ? -errno : bind_to_keeper();
	if (!err)
		err = sync_send(SYNC_READY, 0, -1);
	if (err)
		return err;
	if (K.plan.set.mode != MODE_HANDOFF) {
		err = sync_wait(SYNC_GO);
	} else {
		set_ends(end_by_signal, SIG_UNBLOCK);
		if (read_all(K.gate_fifo, &c, 1))
			_exit(1);
		set_ends(SIG_DFL, SIG_BLOCK);
		close(K.gate_fifo); /* now, not by the exec: who finds it open finds somebody waiting */
		K.gate_fifo = -1;
	}
	K.started = true;
	return err;
}

/* Moves preserved descriptors 4.. to 3.. and marks everything above for closing. */
static int settle_descriptors(void)
{
	int keep = (int)K.plan.set.preserve_fds;

	if (keep) {
		int *own[] = {&K.sync, &K.status_fifo, &K.gate_fifo};

		for (size_t i = 0; i < ARRAY_LEN(own); i++) {
			int fd = *own[i] < 0 ? -1 : fcntl(*own[i], F_DUPFD_CLOEXEC, 4 + keep);

			if (*own[i] >= 0 && fd < 0)
				return -errno;
			*own[i] = fd;
		}
	}
	for (int i = 0; i < keep; i++) {
		if (dup2(4 + i, 3 + i) < 0)
			return -errno;
		if (fcntl(3 + i, F_SETFD, 0))
			return -errno;
	}
	return close_range((unsigned)(3 + keep), ~0u, CLOSE_RANGE_CLOEXEC) ? -errno : 0;
}

/* The process's own last state, before a system call filter could forbid any of it. */
int prepare_exec(void)
{
	static bool prepared;
	sigset_t none;
	int err;

	if (prepared)
		return 0;
	prepared = true;
	take_own_null();
	err = settle_descriptors();
	if (!err)
		err = bind_to_keeper();
	umask(K.umask);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return err;
}

/* "/proc/self/fd/N/..." as a program's name must not reach anything of the host, not even until the exec closes it. */
static void close_slots(void)
{
	for (int i = 0; i < SLOTS; i++)
		if (K.slots[i] >= 0)
			close(K.slots[i]);
}

int op_exec(struct op *op)
{
	const char *name = op_str(op), *search_path = op_str(op);
	const char **argv = list_vector(op_list(op)), **env = list_vector(op_list(op));
	int err = argv && env ? 0 : -ENOMEM;

	fail_path(name);
	if (!err && !program_known)
		err = find_program(name, search_path, program, sizeof program);
	if (!err)
		err = prepare_exec();
	if (err)
		return err;
	close_slots();
	add_home(env);
	execve(program, (char **)(uintptr_t)argv, (char **)(uintptr_t)env);
	return explain_refusal(program, errno);
}
