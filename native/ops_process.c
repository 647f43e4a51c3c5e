/* Ops that shape the process itself. All of them act on the child. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

enum { CAP_LAST_POSSIBLE = 63, GROUPS_MAX = 65536 };

int op_rlimit(struct op *op)
{
	int resource = (int)op_int(op);
	struct rlimit64 limit = {.rlim_cur = op_int(op), .rlim_max = op_int(op)};

	return syscall(SYS_prlimit64, op->side == SIDE_PARENT ? K.child : 0, resource, &limit, NULL) ? -errno : 0;
}

int op_umask(struct op *op)
{
	K.umask = (mode_t)op_int(op) & 0777;
	return 0;
}

static int drop_bounding(uint64_t keep)
{
	for (int cap = 0; cap <= CAP_LAST_POSSIBLE; cap++) {
		int has = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);

		if (has < 0)
			return 0; /* past the kernel's last capability */
		if (has && !(keep >> cap & 1) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			return -errno;
	}
	return 0;
}

static int set_groups(struct blob groups)
{
	gid_t *list = (gid_t *)(uintptr_t)groups.data;
	gid_t copy[256];

	if (groups.len % 4 || groups.len / 4 > GROUPS_MAX)
		return -EINVAL;
	if (groups.len <= sizeof copy)
		list = memcpy(copy, groups.data, groups.len);
	return syscall(SYS_setgroups, groups.len / 4, list) ? -errno : 0;
}

static int set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++) {
		data[i].effective = (uint32_t)(effective >> 32 * i);
		data[i].permitted = (uint32_t)(permitted >> 32 * i);
		data[i].inheritable = (uint32_t)(inheritable >> 32 * i);
	}
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

static int raise_ambient(uint64_t ambient)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) && errno != EINVAL)
		return -errno;
	for (int cap = 0; cap <= CAP_LAST_POSSIBLE; cap++)
		if (ambient >> cap & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0))
			return -errno;
	return 0;
}

int op_credentials(struct op *op)
{
	uint64_t uid = op_int(op), gid = op_int(op), with_groups = op_int(op);
	struct blob groups = op_blob(op);
	uint64_t with_caps = op_int(op), bounding = op_int(op), permitted = op_int(op), effective = op_int(op),
		 inheritable = op_int(op), ambient = op_int(op);
	int err = 0;

	/* -1 means "as it is" to the kernel: a user of that number must not become root by it */
	if ((uid != ABSENT && uid >= UINT32_MAX) || (gid != ABSENT && gid >= UINT32_MAX))
		return -EINVAL;
	if (with_caps)
		err = drop_bounding(bounding);
	if (!err && with_caps && uid != ABSENT && uid != 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		err = -errno;
	if (!err && with_groups)
		err = set_groups(groups);
	if (!err && gid != ABSENT && syscall(SYS_setresgid, (gid_t)gid, (gid_t)gid, (gid_t)gid))
		err = -errno;
	if (!err && uid != ABSENT && syscall(SYS_setresuid, (uid_t)uid, (uid_t)uid, (uid_t)uid))
		err = -errno;
	if (err || !with_caps)
		return err;
	err = set_capabilities(effective, permitted, inheritable);
	if (!err && (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)))
		err = -errno;
	return err ? err : raise_ambient(ambient);
}

int op_no_new_privileges(struct op *op)
{
	(void)op;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

int op_seccomp(struct op *op)
{
	struct blob filter = op_blob(op);
	unsigned flags = (unsigned)op_int(op);
	bool listen = op_int(op) != ABSENT;
	struct sock_fprog program = {.len = (unsigned short)(filter.len / sizeof(struct sock_filter)),
				     .filter = (struct sock_filter *)(uintptr_t)filter.data};
	uint32_t message[2] = {SYNC_LISTENER, 0};
	long fd;

	if (filter.len % sizeof(struct sock_filter) || filter.len / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return -EINVAL;
	fd = prepare_exec();
	if (fd < 0)
		return (int)fd;
	if (listen)
		flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	if (fd < 0)
		return -errno;
	if (!listen)
		return fd > 0 ? -ESRCH : 0; /* a thread could not be synchronized */
	message[1] = (uint32_t)fd;
	if (write(K.sync, message, sizeof message) < 0 || read(K.sync, message, sizeof message) <= 0)
		return -EPIPE;
	close((int)fd);
	return 0;
}

/* A directory outside the root (leaked descriptor, moved mount) shows up as a path that does not start with a slash. */
int op_chdir(struct op *op)
{
	const char *path = op_str(op);
	char cwd[4096];

	fail_path(path);
	if (chdir(path))
		return -errno;
	if (syscall(SYS_getcwd, cwd, sizeof cwd) < 0)
		return -errno;
	if (cwd[0] == '/')
		return 0;
	K.fail.reason = REASON_OUTSIDE_ROOT;
	return -EXDEV;
}

struct sched_attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

int op_scheduler(struct op *op)
{
	struct sched_attributes a = {
		.size = sizeof a,
		.policy = (uint32_t)op_int(op),
		.flags = op_int(op),
		.nice = (int32_t)op_int(op),
		.priority = (uint32_t)op_int(op),
		.runtime = op_int(op),
		.deadline = op_int(op),
		.period = op_int(op),
	};

	return syscall(SYS_sched_setattr, 0, &a, 0) ? -errno : 0;
}

int op_io_priority(struct op *op)
{
	return syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, (int)op_int(op)) ? -errno : 0;
}

/* The mask's bytes as sched_setaffinity takes them; padded to whole words by TypeScript. */
int op_cpu_affinity(struct op *op)
{
	struct blob mask = op_blob(op);

	return syscall(SYS_sched_setaffinity, 0, mask.len, mask.data) < 0 ? -errno : 0;
}

/* An empty mask is none: the modes that take no nodes want it so. The kernel counts one bit less than it is told. */
int op_memory_policy(struct op *op)
{
	int mode = (int)op_int(op);
	struct blob mask = op_blob(op);
	unsigned long bits = mask.len ? mask.len * 8 + 1 : 0;

	return syscall(SYS_set_mempolicy, mode, mask.len ? mask.data : NULL, bits) ? -errno : 0;
}

/* To whoever listens there: a descriptor of the child, which means that very process for ever. */
int op_send_pidfd(struct op *op)
{
	int fd = connect_unix(op_str(op), 0), err;

	if (fd < 0)
		return fd;
	err = send_fd(fd, K.pidfd, "pidfd", 5);
	close(fd);
	return err;
}

int op_personality(struct op *op)
{
	return personality((unsigned long)op_int(op)) < 0 ? -errno : 0;
}

int op_session_keyring(struct op *op)
{
	long ring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, op_str(op));
	unsigned perm;
	char buf[256], *p = buf;
	long n;

	if (ring < 0)
		return -errno;
	n = syscall(SYS_keyctl, KEYCTL_DESCRIBE, ring, buf, sizeof buf - 1);
	if (n < 0)
		return -errno;
	buf[sizeof buf - 1] = 0;
	for (int field = 0; field < 3 && p; field++) { /* type;uid;gid;perm;description */
		p = strchr(p, ';');
		p = p ? p + 1 : NULL;
	}
	if (!p)
		return -EPROTO;
	perm = 0;
	for (; (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'f'); p++)
		perm = perm << 4 | (unsigned)(*p <= '9' ? *p - '0' : *p - 'a' + 10);
	/* Search permission for the owner, so that programs find what they add with request_key */
	return syscall(SYS_keyctl, KEYCTL_SETPERM, ring, perm | 0x80000) < 0 ? -errno : 0;
}

/* Puts the terminal's own device over /dev/console, by descriptor. */
static int cover_console(int terminal, struct place console)
{
	int mnt, target, err;

	target = make_file(console, 0620);
	if (target < 0)
		return target;
	mnt = open_tree(terminal, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	err = mnt < 0 ? -errno : 0;
	if (!err && move_mount(mnt, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
		err = -errno;
	if (mnt >= 0)
		close(mnt);
	close(target);
	return err;
}

static int open_terminal(struct place ptmx, int *master)
{
	struct stat st;
	int unlock = 0, fd;

	*master = place_open(ptmx, O_RDWR | O_NOCTTY, 0);
	if (*master < 0)
		return *master;
	if (!is_on(*master, DEVPTS_SUPER_MAGIC) || fstat(*master, &st) || st.st_rdev != makedev(5, 2))
		return -ENODEV;
	if (ioctl(*master, TIOCSPTLCK, &unlock))
		return -errno;
	fd = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The terminal at the other end already turns a line feed into carriage return and line feed. */
static int clear_newline_mapping(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t))
		return -errno;
	t.c_oflag &= ~(tcflag_t)ONLCR;
	return tcsetattr(fd, TCSANOW, &t) ? -errno : 0;
}

int op_terminal(struct op *op)
{
	struct place ptmx = op_place(op);
	struct winsize size = {.ws_row = (unsigned short)op_int(op), .ws_col = (unsigned short)op_int(op)};
	uid_t uid = (uid_t)op_int(op);
	gid_t gid = (gid_t)op_int(op);
	struct place console = op_place(op);
	bool bare_newlines = op_int(op) != 0;
	int master = -1, fd = open_terminal(ptmx, &master), err = fd < 0 ? fd : 0;

	if (!err && (size.ws_row || size.ws_col) && ioctl(master, TIOCSWINSZ, &size))
		err = -errno;
	if (!err && bare_newlines)
		err = clear_newline_mapping(fd);
	if (!err && fchown(fd, uid, gid) && errno != EPERM)
		err = -errno;
	if (!err && *console.path)
		err = cover_console(fd, console);
	if (!err)
		err = sync_send(SYNC_MASTER, 0, master);
	if (!err && setsid() < 0 && errno != EPERM)
		err = -errno;
	if (!err && ioctl(fd, TIOCSCTTY, 0))
		err = -errno;
	for (int i = 0; i < 3 && !err; i++)
		err = dup2(fd, i) < 0 ? -errno : 0;
	if (master >= 0)
		close(master);
	if (fd >= 0)
		close(fd);
	return err;
}
