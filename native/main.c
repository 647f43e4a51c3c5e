/*
 * The keeper: reads a launch plan from descriptor 3, carries it out, and becomes the parent of the process it starts.
 * See README.md for the whole conversation.
 */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CONTROL_FD = 3, KEEPERS_MAX = 16 };

extern char **environ;

static char seal_mark[] = "KEEPER_SEALED=\0\0\0\0\0\0\0\0\0\0\0";

enum { SEAL_MARK_LEN = 14 };

/* Never returns on success. The descriptor stays open across the exec, and its number is passed in the environment. */
static void run_again(int fd, char **argv)
{
	char *env[] = {seal_mark, NULL};
	struct text t;

	text_init(&t, seal_mark + SEAL_MARK_LEN, sizeof seal_mark - SEAL_MARK_LEN);
	text_num(&t, (uint64_t)fd);
	syscall(SYS_execveat, fd, "", argv, env, AT_EMPTY_PATH);
}

static int sealed_copy(void)
{
	int fd = memfd_create("keeper", MFD_ALLOW_SEALING), self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	char buf[65536];
	ssize_t n;

	if (fd < 0 || self < 0)
		return -1;
	while ((n = read(self, buf, sizeof buf)) > 0)
		if (write_all(fd, buf, (size_t)n))
			return -1;
	close(self);
	return n < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) ? -1 : fd;
}

/*
 * Runs this very file again through a detached read-only mount of it. Nothing that later gets hold of /proc/PID/exe, not
 * even by "#!/proc/self/exe", can write to the file on the host then (CVE-2019-5736). Where mounting is not allowed
 * (rootless), the file is copied into a sealed memfd. The mount's descriptor is kept for life: closing the last one waits
 * for an RCU grace period, which is better spent when the keeper has nothing left to do.
 */
static void seal(char **argv)
{
	struct mount_attributes {
		uint64_t set, clear, propagation, userns;
	} read_only = {.set = 1 /* MOUNT_ATTR_RDONLY */};
	uint64_t number;
	int fd;

	if (environ[0] && !strncmp(environ[0], seal_mark, SEAL_MARK_LEN)) {
		if (parse_number(environ[0] + SEAL_MARK_LEN, &number) == 0 && number > CONTROL_FD && number < 1024)
			fcntl(K.seal = (int)number, F_SETFD, FD_CLOEXEC);
		return;
	}
	fd = (int)syscall(SYS_open_tree, AT_FDCWD, "/proc/self/exe", 1 /* OPEN_TREE_CLONE */);
	if (fd >= 0 && syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &read_only, sizeof read_only) == 0)
		run_again(fd, argv);
	if (fd >= 0)
		close(fd);
	fd = sealed_copy();
	if (fd >= 0)
		run_again(fd, argv);
	_exit(126);
}

/*
 * Becomes as many keepers as the argument says, on descriptors 3, 4, and so on: making a process costs the engine, which is large,
 * far more than it costs this one. The first process ends; one that cannot be made shows as the end of its channel.
 */
static void become_several(const char *argument)
{
	uint64_t count;

	if (parse_number(argument, &count) || count < 1 || count > KEEPERS_MAX)
		_exit(126);
	for (int i = 0; i < (int)count; i++) {
		if (fork() != 0)
			continue;
		if (i > 0 && dup2(CONTROL_FD + i, CONTROL_FD) < 0)
			_exit(126);
		for (int other = 1; other < (int)count; other++)
			if (CONTROL_FD + other != K.seal)
				close(CONTROL_FD + other);
		return;
	}
	_exit(0);
}

static void init(void)
{
	sigset_t all;

	for (int i = 0; i < SLOTS; i++)
		K.slots[i] = -1;
	for (int i = 0; i < 3; i++)
		K.stdio[i] = K.ends[i] = -1;
	K.control = CONTROL_FD;
	K.epoll = K.sync = K.sync_child = K.pidfd = K.master = K.gate_fifo = K.status_fifo = K.restore_pid = K.restore_time = -1;
	K.umask = 022;
	fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC);
	sigfillset(&all); /* nothing but SIGKILL ends the keeper while a container depends on it */
	for (int i = 0; i < 4; i++)
		sigdelset(&all, (int[]){SIGSEGV, SIGBUS, SIGILL, SIGFPE}[i]);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	umask(0);
	prctl(PR_SET_NAME, "berth-keeper", 0, 0, 0);
}

static int read_plan(void)
{
	uint32_t header[4];
	uint8_t *data;
	int err = read_all(CONTROL_FD, header, sizeof header);

	if (err)
		return err;
	if (header[0] != PLAN_MAGIC || header[2] < sizeof header || header[2] > PLAN_MAX)
		return -EINVAL;
	data = mmap(NULL, header[2], PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (data == MAP_FAILED)
		return -errno;
	memcpy(data, header, sizeof header);
	err = read_all(CONTROL_FD, data + sizeof header, header[2] - sizeof header);
	return err ? err : plan_check(data, header[2], &K.plan);
}

/*
 * Descriptors that came by accident: whoever started the starter may have left some open, and nobody but those two would ever see
 * them end. What the plan hands on lies behind the control channel.
 */
static void close_strangers(void)
{
	unsigned first = CONTROL_FD + 1 + (unsigned)K.plan.set.preserve_fds, seal = K.seal > 0 ? (unsigned)K.seal : 0;

	if (seal >= first) {
		if (seal > first)
			close_range(first, seal - 1, 0);
		first = seal + 1;
	}
	close_range(first, ~0u, 0);
}

/* The two fifos through which `start` finds a process that no keeper watches any more. */
static int open_handoff(void)
{
	if (mkfifo("go", 0600) || mkfifo("status", 0600))
		return -errno;
	K.gate_fifo = open("go", O_RDWR | O_CLOEXEC);
	K.status_fifo = open("status", O_RDWR | O_CLOEXEC);
	return K.gate_fifo < 0 || K.status_fifo < 0 ? -errno : 0;
}

static int prepare(void)
{
	const struct settings *s = &K.plan.set;

	fail_path(s->run_dir);
	if (chdir(s->run_dir))
		return -errno;
	if (s->mode != MODE_HANDOFF && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
		return -errno;
	if (s->mode == MODE_HANDOFF)
		return open_handoff();
	return s->mode == MODE_SUPERVISE ? monitor_prepare() : 0;
}

/* Sends the terminal to whoever asked for it. */
static int hand_out_master(void)
{
	const char *path = K.plan.set.console_socket;
	int fd, err;

	if (!*path)
		return 0;
	fd = connect_unix(path, 0);
	if (fd < 0)
		return fd;
	err = K.master < 0 ? -ENXIO : send_fd(fd, K.master, "/dev/ptmx", 9);
	close(fd);
	close(K.master);
	K.master = -1;
	return err;
}

static int create(void)
{
	int err = prepare();

	if (!err)
		err = open_stdio();
	if (!err)
		err = start_child();
	if (!err)
		err = run_side(SIDE_PARENT);
	if (!err)
		err = sync_wait(SYNC_READY);
	return err ? err : hand_out_master();
}

/*
 * Keeps the root file system of the new process for as long as this keeper lives. Else the last thing that the process does is to
 * unmount it, which writes what it changed to the disk, and nobody hears of its end before. Everything else that is mounted
 * there goes with its namespace as ever.
 */
static void hold_root(void)
{
	char path[40];
	struct text t;

	text_init(&t, path, sizeof path);
	text_add(&t, "/proc/");
	text_num(&t, (uint64_t)K.child);
	text_add(&t, "/root");
	K.root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int main(int argc, char **argv)
{
	int err;
	char command;

	seal(argv);
	if (argc > 1)
		become_several(argv[1]);
	init();
	if (argc > 1)
		control_send(MSG_READY, &(uint32_t){(uint32_t)getpid()}, 4);
	err = read_plan();
	if (err) {
		K.fail.err = -err;
		K.fail.reason = REASON_MALFORMED;
		control_fail();
		return 1;
	}
	close_strangers();
	err = create();
	if (err) {
		K.fail.err = K.fail.err ? K.fail.err : -err;
		finish_failed();
	}
	K.created = true;
	control_send(MSG_CREATED, &K.child, 4);
	if (K.plan.set.mode == MODE_SUPERVISE)
		hold_root();
	if (K.plan.set.mode != MODE_HANDOFF)
		monitor();
	if (read_all(CONTROL_FD, &command, 1) || command != CMD_GO)
		finish_failed();
	return 0;
}
