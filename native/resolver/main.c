/*
 * resolver DIRECTORY RESOLV_CONF BOOT_ID LINGER_MS TABLE OWN_NAMES [COMMAND...]
 * Answers names for the containers of one root, and guards its table of rules. See README.md.
 */
#include "resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SOCKET_NAME ".socket"
#define LOCK_NAME ".lock"

enum { BACKLOG = 1024, LOCK_TRIES = 500, LOCK_WAIT_MS = 10, RESTART_MS = 200 };

struct task {
	const char *directory, *resolv_conf, *boot;
	uint64_t linger_ms;
	struct guard guard;
};

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static struct sockaddr_un socket_name(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	strcpy(name.sun_path, SOCKET_NAME);
	return name;
}

static bool somebody_listens(void)
{
	struct sockaddr_un name = socket_name();
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool there = fd >= 0 && (connect(fd, (struct sockaddr *)&name, sizeof name) == 0 || errno == EAGAIN);

	close(fd);
	return there;
}

/* One resolver per directory. False: another one is at work. */
static bool take_lock(void)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		int fd = open(LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		struct stat mine, there;

		if (fd < 0)
			return false;
		/* the one before may have removed the file between our open and our lock */
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &mine) == 0 && stat(LOCK_NAME, &there) == 0 &&
		    mine.st_ino == there.st_ino)
			return true; /* held until the end */
		close(fd);
		if (somebody_listens())
			return false;
		pause_ms(LOCK_WAIT_MS); /* it is just beginning, or ending */
	}
	return false;
}

static int open_listener(void)
{
	struct sockaddr_un name = socket_name();
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	unlink(SOCKET_NAME);
	umask(0177);
	if (fd < 0 || bind(fd, (struct sockaddr *)&name, sizeof name) || listen(fd, BACKLOG))
		_exit(1);
	umask(022);
	return fd;
}

/* Nothing of the guard's is open in the resolver but the listening socket. */
static int keep_only(int fd)
{
	enum { KEPT = 3 };

	if (fd != KEPT && dup3(fd, KEPT, O_CLOEXEC) < 0)
		_exit(1);
	close_range(KEPT + 1, ~0u, 0);
	return KEPT;
}

static void __attribute__((noreturn)) resolve(const struct task *t, int listener, pid_t parent)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_NAME, "berth-resolver", 0, 0, 0);
	listener = keep_only(listener);
	loop_prepare();
	servers_prepare(t->resolv_conf);
	files_watch(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), t->boot);
	sandbox_enter(t->resolv_conf, parent);
	keepers_listen(listener, t->linger_ms);
	loop_run();
}

static pid_t start_resolver(const struct task *t, int listener)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0)
		resolve(t, listener, parent);
	return pid;
}

/* Looks after whatever has ended. True when the resolver found nobody to work for any more. */
static bool collect(const struct task *t, int listener, pid_t *resolver)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		guard_child_ended(pid, status);
		if (pid != *resolver)
			continue;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			return true;
		pause_ms(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 0 : RESTART_MS);
		*resolver = start_resolver(t, listener);
	}
	return false;
}

static int open_children(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Stays privileged, for the rules' sake, and reads nothing but what the kernel says. */
static void guard(const struct task *t, int listener)
{
	int rules = guard_open(&t->guard), children = open_children();
	pid_t resolver = start_resolver(t, listener);
	bool idle = false;

	while (resolver > 0 && (!idle || guard_is_busy())) {
		struct pollfd p[2] = {{.fd = children, .events = POLLIN}, {.fd = rules, .events = POLLIN}};
		struct signalfd_siginfo info;

		guard_tick(&t->guard);
		poll(p, 2, guard_timeout_ms());
		if (p[1].revents)
			guard_event(&t->guard, rules);
		if (p[0].revents && read(children, &info, sizeof info) > 0)
			idle |= collect(t, listener, &resolver);
	}
}

int main(int argc, char **argv)
{
	struct task t;
	int listener;

	if (argc < 7)
		return 2;
	t = (struct task){
		.directory = argv[1],
		.resolv_conf = argv[2],
		.boot = argv[3],
		.linger_ms = strtoull(argv[4], NULL, 10),
		.guard = {argv[5], argv[6], argc > 7 ? argv + 7 : NULL},
	};
	setsid();
	if (chdir(t.directory) || !take_lock())
		return 0;
	listener = open_listener();
	prctl(PR_SET_NAME, "berth-guard", 0, 0, 0);
	guard(&t, listener);
	unlink(SOCKET_NAME);
	unlink(LOCK_NAME);
	return 0;
}
