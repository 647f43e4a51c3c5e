/* Birth of the child: descriptors, clone, and what both sides do right after it. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_PIPE = 256 << 10 };

static int make_pipe(int *theirs, int *ours, bool they_read)
{
	int p[2];
	uid_t uid = (uid_t)K.plan.set.pipe_uid;
	gid_t gid = (gid_t)K.plan.set.pipe_gid;

	if (pipe2(p, O_CLOEXEC))
		return -errno;
	*theirs = p[they_read ? 0 : 1];
	*ours = p[they_read ? 1 : 0];
	/* an unprivileged keeper may not give them away: the process then can not open /dev/stdout again, no more */
	if ((uid != geteuid() || gid != getegid()) && fchown(*theirs, uid, gid) && errno != EPERM)
		return -errno;
	if (!they_read)
		fcntl(*ours, F_SETPIPE_SZ, OUTPUT_PIPE); /* fewer switches between writer and keeper; a limit may refuse it */
	return fcntl(*ours, F_SETFL, O_NONBLOCK) ? -errno : 0;
}

static bool is_null(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

/*
 * In the container: its own null device in place of the guarded one, where it has one. It has a name in there, and what is done
 * to it concerns the container alone.
 */
void take_own_null(void)
{
	int fd = open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	bool own = is_null(fd);

	if (fd >= 0)
		close(fd);
	fd = own ? open("/dev/null", O_RDWR | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (is_null(fd))
		for (int i = 0; i < 3; i++)
			if (is_null(i))
				dup2(fd, i);
	if (fd >= 0)
		close(fd);
}

/* A copy of the mount that it is on. One that another mount namespace has given cannot be copied: then of our own /dev/null. */
static int copy_null_mount(int fd)
{
	int tree = open_tree(fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH), own;

	if (tree >= 0 || errno != EINVAL)
		return tree < 0 ? -errno : tree;
	own = open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (own < 0)
		return -errno;
	tree = is_null(own) ? open_tree(own, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH) : -1;
	tree = tree < 0 ? -EINVAL : tree;
	close(own);
	return tree;
}

/*
 * An inherited /dev/null becomes one on a read-only mount: it is the host's device, and a process that may change modes and
 * owners would change them for everybody. The mount's descriptor is kept for life, as in seal(). A keeper without the right to
 * mount has none to give away either.
 */
static int guard_null(void)
{
	struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};
	char link[64];
	struct text t;
	int tree = -1, fd = -1, err = 0;

	for (int i = 0; i < 3 && !err; i++) {
		if (!is_null(i))
			continue;
		if (fd < 0) {
			tree = copy_null_mount(i);
			if (tree < 0)
				return tree == -EPERM ? 0 : tree;
			if (mount_setattr(tree, "", AT_EMPTY_PATH, &read_only, sizeof read_only))
				return -errno;
			text_init(&t, link, sizeof link);
			text_add(&t, "/proc/self/fd/");
			text_num(&t, (uint64_t)tree);
			fd = open(link, O_RDWR | O_CLOEXEC);
		}
		err = fd < 0 || dup2(fd, i) < 0 ? -errno : 0;
	}
	if (fd >= 0)
		close(fd);
	return err;
}

/* The pipes of the child, made before the clone. */
int open_stdio(void)
{
	int err = guard_null();

	if (err)
		return err;
	if (K.plan.set.stdio != STDIO_PIPES)
		return 0;
	if (K.plan.set.stdin_mode != STDIN_CLOSED) {
		err = make_pipe(&K.stdio[0], &K.ends[0], true);
		if (err)
			return err;
	}
	err = make_pipe(&K.stdio[1], &K.ends[1], false);
	return err ? err : make_pipe(&K.stdio[2], &K.ends[2], false);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Only the descriptors the child needs; 0-2 become its stdio unless they are inherited or a terminal will come. */
static void child_descriptors(void)
{
	close_fd(&K.control);
	if (K.seal > 0)
		close(K.seal);
	for (int i = 0; i < 3; i++) {
		close_fd(&K.ends[i]);
		if (K.stdio[i] >= 0)
			dup2(K.stdio[i], i);
	}
	for (int i = 0; i < 3; i++)
		close_fd(&K.stdio[i]);
	close_fd(&K.restore_pid);
	close_fd(&K.restore_time);
}

void child_main(void)
{
	K.in_child = true;
	close(K.sync);
	K.sync = K.sync_child;
	setsid(); /* a session and group of its own, with a number in its own pid namespace */
	child_descriptors();
	run_side(SIDE_CHILD);
	sync_report_and_die();
}

/* The op that makes the child. In the process that asked for it K.child is the pid afterwards, or -errno. */
void clone_now(struct op *op)
{
	uint64_t namespaces = op_int(op), slot = op_int(op);
	bool middle = op->side == SIDE_MIDDLE;
	int pidfd = -1;
	struct clone_args args = {
		.flags = namespaces | CLONE_PIDFD | (middle ? CLONE_PARENT : 0),
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = middle ? 0 : SIGCHLD,
	};
	long pid;

	if (slot != ABSENT) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)slot_fd(slot < SLOTS ? (int)slot : -1);
	}
	if (!(namespaces & CLONE_NEWPID) && !(namespaces & CLONE_NEWUSER))
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	pid = syscall(SYS_clone3, &args, sizeof args);
	if (pid == 0)
		child_main();
	K.child = pid < 0 ? -errno : (pid_t)pid;
	K.pidfd = pidfd;
}

/* The process between keeper and child: runs its ops, the last of which clones, and tells the pid. */
static int clone_through_middle(void)
{
	pid_t pid = fork();
	int status, err;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		uint32_t message[2] = {SYNC_CLONED, 0};

		err = run_side(SIDE_MIDDLE);
		if (!err)
			_exit(send_fd(K.sync_child, K.pidfd, message, sizeof message) ? 1 : 0);
		close(K.sync);
		K.sync = K.sync_child;
		sync_report_and_die();
	}
	close_fd(&K.sync_child);
	err = sync_wait(SYNC_CLONED);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (err)
		return err;
	return 0;
}

static int return_home(int *ns, int kind)
{
	int err = *ns >= 0 && setns(*ns, kind) ? -errno : 0;

	close_fd(ns);
	return err;
}

/* Runs the ops before the clone and the clone. */
int start_child(void)
{
	int pair[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	K.sync = pair[0];
	K.sync_child = pair[1];
	err = run_side(SIDE_BEFORE);
	if (!err && side_has_ops(SIDE_MIDDLE))
		err = clone_through_middle();
	close_fd(&K.sync_child);
	if (!err)
		err = return_home(&K.restore_pid, CLONE_NEWPID);
	if (!err)
		err = return_home(&K.restore_time, CLONE_NEWTIME);
	for (int i = 0; i < 3; i++)
		close_fd(&K.stdio[i]);
	return err;
}
