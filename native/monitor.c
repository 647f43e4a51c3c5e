/* The loop of a keeper that stays: one epoll over control channel, child, streams and clients. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { REST_MS = 500, ACK_MS = 10000, RECORD_CAP = 64 << 10 };

static int listener = -1, children = -1;
static char record[RECORD_CAP];
static bool resting;

static void watch(int fd, uint32_t tag)
{
	struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP, .data.u32 = tag};

	if (fd >= 0)
		epoll_ctl(K.epoll, EPOLL_CTL_ADD, fd, &e);
}

/* The control socket and the log, made before anything else so that their failure fails the create. */
int monitor_prepare(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "ctl"};
	int err;

	K.epoll = epoll_create1(EPOLL_CLOEXEC);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (K.epoll < 0 || listener < 0)
		return -errno;
	if (unlink("ctl") && errno != ENOENT)
		return -errno;
	umask(0177);
	err = bind(listener, (struct sockaddr *)&name, sizeof name) || listen(listener, 64) ? -errno : 0;
	umask(0);
	if ((unlink("exit") && errno != ENOENT) || (unlink("exit.early") && errno != ENOENT) || (unlink("started") && errno != ENOENT))
		return -errno;
	return err ? err : log_open();
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The child has become its program: the plan's descriptors and memory have done their duty. */
static void after_start(void)
{
	struct failure ignored;
	char when[24];
	struct text t;

	K.started = true;
	K.started_ns = now_ns();
	text_init(&t, when, sizeof when);
	text_num(&t, K.started_ns);
	if (K.plan.set.mode == MODE_SUPERVISE)
		(void)!symlink(when, "started"); /* one atomic call; nobody follows it */
	close_fd(&K.sync);
	control_send(MSG_STARTED, "", 0);
	if (K.plan.set.mode == MODE_SUPERVISE && K.watched && K.control >= 0) {
		epoll_ctl(K.epoll, EPOLL_CTL_DEL, K.control, NULL);
		fcntl(K.control, F_SETFL, O_NONBLOCK);
		client_watches(K.control);
		K.control = -1;
	} else if (K.plan.set.mode == MODE_SUPERVISE) {
		close_fd(&K.control);
	}
	run_tolerant(SIDE_STARTED, &ignored);
	for (int i = 0; i < SLOTS; i++)
		close_fd(&K.slots[i]);
	plan_keep_cleanup(&K.plan);
}

static void on_sync(void)
{
	int type = sync_receive();

	if (type == -EAGAIN || type > 0)
		return;
	if (type < 0)
		finish_failed();
	if (K.released)
		after_start();
	else
		close_fd(&K.sync); /* died at the gate: its exit follows */
}

static void on_control(void)
{
	char command = CMD_ABORT;
	ssize_t n = recv(K.control, &command, 1, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && (command == CMD_GO || command == CMD_GO_WATCH) && !K.released && K.sync >= 0) {
		K.released = true;
		K.watched = command == CMD_GO_WATCH;
		sync_send(SYNC_GO, 0, -1);
		return;
	}
	if (K.started) {
		close_fd(&K.control); /* TypeScript has left; the process stays */
		return;
	}
	K.fail.err = ECANCELED;
	finish_failed();
}

/* Collects everything that has ended: the child, the log's compressor, orphans that came to us as their subreaper. */
static bool child_has_ended(void)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	(void)!read(children, &info, sizeof info); /* several ends may be one signal: look for all of them */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		log_child_ended(pid);
		if (pid != K.child)
			continue;
		K.reaped = true;
		K.child_status = status;
		K.finished_ns = now_ns();
	}
	return K.reaped;
}

static int open_children(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int timeout_ms(struct timespec *deadline)
{
	struct timespec now;
	long ms;

	if (!deadline)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (deadline->tv_sec - now.tv_sec) * 1000 + (deadline->tv_nsec - now.tv_nsec) / 1000000;
	return ms > 0 ? (int)ms : 0;
}

/* One round of events. Returns true when the child has ended. */
static bool turn(int timeout)
{
	struct epoll_event e[32];
	int n = epoll_wait(K.epoll, e, ARRAY_LEN(e), timeout);
	bool ended = false;

	for (int i = 0; i < n; i++)
		if (e[i].data.u32 == TAG_SYNC && K.sync >= 0)
			on_sync(); /* first: "has exec'd" comes before "has ended" */
	for (int i = 0; i < n; i++) {
		uint32_t tag = e[i].data.u32;

		if (tag == TAG_CONTROL && K.control >= 0)
			on_control();
		else if (tag == TAG_CHILDREN)
			ended = true;
		else if (tag == TAG_LISTENER)
			client_accept(listener);
		else if (tag == TAG_STDIN)
			stdin_event();
		else if (tag == TAG_STDOUT || tag == TAG_STDERR)
			source_event((int)(tag - TAG_STDOUT));
		else if (tag == TAG_NAMES)
			names_event();
		else if (tag == TAG_NAMES_TIMER)
			names_timer();
		else if (tag == TAG_FORWARD)
			forward_writable();
		else if (tag >= TAG_CLIENT)
			client_event(tag - TAG_CLIENT, e[i].events);
	}
	if (n == 0 && timeout == REST_MS) {
		streams_rest();
		log_rest();
	}
	resting = n == 0; /* then nothing wakes the keeper but an event */
	return ended && child_has_ended();
}

/* Tells watchers, waits for the answers promised, runs the exit command when there were none. */
static void announce(size_t record_len)
{
	struct timespec deadline;

	close_fd(&listener);
	unlink("ctl");
	clients_finish(record, record_len);
	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += ACK_MS / 1000;
	while (clients_owe_answer() && timeout_ms(&deadline) > 0)
		turn(timeout_ms(&deadline));
	if (!clients_acknowledged() && K.plan.set.exit_argv.left)
		spawn_program(K.plan.set.exit_argv, K.plan.set.exit_env, NULL);
	close_fd(&K.root); /* whoever reads slowly holds no removed container's files */
	while (clients_are_behind()) /* slow readers get the rest of what they were promised */
		turn(-1);
}

static void report_exit(void)
{
	uint32_t status[2] = {(uint32_t)WEXITSTATUS(K.child_status), 0};

	if (WIFSIGNALED(K.child_status)) {
		status[1] = (uint32_t)WTERMSIG(K.child_status);
		status[0] = 128 + status[1];
	}
	control_send(MSG_EXITED, status, sizeof status);
}

void monitor(void)
{
	size_t len;

	if (K.epoll < 0)
		K.epoll = epoll_create1(EPOLL_CLOEXEC);
	watch(K.control, TAG_CONTROL);
	watch(K.sync, TAG_SYNC);
	children = open_children();
	watch(children, TAG_CHILDREN);
	watch(listener, TAG_LISTENER);
	if (K.plan.set.mode == MODE_SUPERVISE) {
		if (K.master >= 0)
			fcntl(K.master, F_SETFL, O_NONBLOCK);
		streams_open();
		if (K.plan.set.names_when == NAMES_AT_ONCE)
			names_start();
		else if (K.plan.set.names_when == NAMES_SOON)
			names_start_soon();
	}
	while (!turn(K.started && !resting ? REST_MS : -1))
		;
	if (!K.started) {
		if (K.sync >= 0 && K.released)
			on_sync(); /* it may have exec'd and ended in one go */
		if (!K.started) {
			K.fail.reason = REASON_CHILD_DIED;
			K.fail.err = ECHILD;
			finish_failed();
		}
	}
	if (K.plan.set.mode == MODE_SUPERVISE)
		streams_drain();
	log_close();
	names_close();
	len = finish_exited(record, sizeof record);
	if (K.plan.set.mode == MODE_SUPERVISE)
		announce(len);
	else
		report_exit();
	_exit(0);
}
