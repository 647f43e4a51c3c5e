/* Programs that the keeper runs on the way: hooks, id map helpers, log compression, the exit command. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Where the next program runs; empty: where the keeper is. */
static const char *program_dir = "";

static void __attribute__((noreturn)) become(const char *path, const char *const *argv, const char *const *env, int in, int err)
{
	static const char *const no_env[] = {NULL};
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(022);
	if (*program_dir && chdir(program_dir))
		_exit(126);
	if (dup2(in, 0) < 0 || dup2(err, 2) < 0)
		_exit(127);
	in = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (in >= 0)
		dup2(in, 1);
	close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
	execve(path, (char **)argv, (char **)(env ? env : no_env));
	_exit(errno == ENOENT ? 127 : 126);
}

/* Pointers to a list's strings, NULL-terminated, in memory of their own, with room for one more. */
const char **list_vector(struct list list)
{
	const char **v = mmap(NULL, (list.left + 2) * sizeof *v, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t n = 0;

	if (v == MAP_FAILED)
		return NULL;
	while (list_str(&list, &v[n]))
		n++;
	v[n] = NULL;
	return v;
}

static uint64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* The last bytes of what the program said, for the error message. */
static void keep_tail(char *tail, size_t *len, size_t cap, int fd)
{
	char buf[512];
	ssize_t n = read(fd, buf, sizeof buf);

	if (n <= 0)
		return;
	if (*len + (size_t)n > cap) {
		size_t drop = *len + (size_t)n - cap;

		drop = drop > *len ? *len : drop;
		memmove(tail, tail + drop, *len - drop);
		*len -= drop;
	}
	if ((size_t)n > cap - *len)
		n = (ssize_t)(cap - *len);
	memcpy(tail + *len, buf, (size_t)n);
	*len += (size_t)n;
}

struct feed {
	const char *text;
	size_t left;
	int fd;
};

static void feed_some(struct feed *f)
{
	ssize_t n = f->left ? write(f->fd, f->text, f->left) : 0;

	if (n > 0) {
		f->text += n;
		f->left -= (size_t)n;
	}
	if (f->left == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		close(f->fd);
		f->fd = -1;
	}
}

/* Feeds stdin, collects stderr and waits; -ETIMEDOUT, -ECANCELED when TypeScript left, or 0. */
static int attend(int pidfd, struct feed *feed, int errors, uint64_t timeout_ms, char *tail, size_t *tail_len, size_t cap)
{
	uint64_t deadline = clock_ms() + timeout_ms;
	int watch_control = K.control >= 0 && !K.started && !K.in_child && !K.aborted;

	for (;;) {
		struct pollfd p[4] = {
			{.fd = pidfd, .events = POLLIN},
			{.fd = errors, .events = POLLIN},
			{.fd = feed->fd, .events = POLLOUT},
			{.fd = watch_control ? K.control : -1, .events = POLLRDHUP},
		};
		uint64_t now = clock_ms();

		if (timeout_ms && now >= deadline)
			return -ETIMEDOUT;
		if (poll(p, 4, timeout_ms ? (int)(deadline - now) : -1) < 0 && errno != EINTR)
			return -errno;
		if (p[1].revents & POLLIN)
			keep_tail(tail, tail_len, cap, errors);
		else if (p[1].revents)
			errors = -1;
		if (p[2].revents)
			feed_some(feed);
		if (p[0].revents)
			return 0;
		if (p[3].revents)
			return -ECANCELED;
	}
}

/* Runs a program to its end. Fails with REASON_PROGRAM_FAILED and its last words unless it exits with 0. */
int run_argv(const char *path, const char *const *argv, const char *const *env, const char *input, size_t input_len,
	     uint64_t timeout_ms)
{
	char tail[480];
	size_t tail_len = 0;
	int in[2], errors[2], status = 0, err, pidfd;
	struct feed feed;
	struct text t;
	pid_t pid;

	fail_path(path);
	if (pipe2(in, O_CLOEXEC) || pipe2(errors, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		become(path, argv, env, in[0], errors[1]);
	close(in[0]);
	close(errors[1]);
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	fcntl(errors[0], F_SETFL, O_NONBLOCK);
	feed = (struct feed){input, input_len, in[1]};
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	err = pidfd < 0 ? -errno : attend(pidfd, &feed, errors[0], timeout_ms, tail, &tail_len, sizeof tail);
	if (err)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (feed.fd >= 0)
		close(feed.fd);
	if (!err)
		keep_tail(tail, &tail_len, sizeof tail, errors[0]);
	close(errors[0]);
	if (pidfd >= 0)
		close(pidfd);
	if (err || status == 0) {
		K.fail.reason = err == -ETIMEDOUT ? REASON_TIMEOUT : REASON_NONE;
		return err;
	}
	K.fail.reason = REASON_PROGRAM_FAILED;
	text_init(&t, K.fail.detail, sizeof K.fail.detail);
	text_add(&t, WIFSIGNALED(status) ? "signal " : "exit status ");
	text_num(&t, (uint64_t)(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)));
	text_add(&t, tail_len ? ": " : "");
	text_bytes(&t, tail, tail_len);
	return -ECHILD;
}

enum { RUN_WITH_PID = 1, RUN_WITH_HOME = 2 };

int op_run(struct op *op)
{
	const char *path = op_str(op);
	struct list argv = op_list(op), env = op_list(op);
	struct blob before = op_blob(op), after = op_blob(op);
	uint64_t flags = op_int(op), timeout_ms = op_int(op);
	const char *dir = op_str(op);
	const char **args = list_vector(argv), **vars = list_vector(env);
	size_t cap = before.len + after.len + 32;
	char *input = mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct text t;
	int err;

	if (!args || !vars || input == MAP_FAILED)
		return -ENOMEM;
	text_init(&t, input, cap);
	text_bytes(&t, before.data, before.len);
	if (flags & RUN_WITH_PID)
		text_num(&t, (uint64_t)(K.in_child ? getpid() : K.child));
	text_bytes(&t, after.data, after.len);
	program_dir = dir;
	if (flags & RUN_WITH_HOME)
		add_home(vars);
	err = run_argv(*path ? path : args[0] ? args[0] : "", args, vars, input, t.len, timeout_ms);
	program_dir = "";
	munmap(input, cap);
	munmap(args, (argv.left + 2) * sizeof *args);
	munmap(vars, (env.left + 2) * sizeof *vars);
	return err;
}

/* Starts a program that nobody waits for here; `extra` is appended to its arguments. The pid, or -errno. */
pid_t spawn_program(struct list argv, struct list env, const char *extra)
{
	const char *args[64], *vars[256];
	int n = list_argv(argv, args, ARRAY_LEN(args) - 1), null;
	pid_t pid;

	if (n <= 0 || list_argv(env, vars, ARRAY_LEN(vars)) < 0)
		return -E2BIG;
	args[n] = extra;
	args[n + 1] = NULL;
	pid = fork();
	if (pid != 0)
		return pid < 0 ? -errno : pid;
	setsid();
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	become(args[0], args, vars, null, null);
}
