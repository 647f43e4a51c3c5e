/* Ops on files. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* fchmodat2(2), newer than the C library's headers; the same number on every architecture. */
enum { SYS_fchmodat2_number = 452 };

static int own_at(int dir, const char *name, uint64_t uid, uint64_t gid)
{
	if (uid == ABSENT && gid == ABSENT)
		return 0;
	return fchownat(dir, name, uid == ABSENT ? (uid_t)-1 : (uid_t)uid, gid == ABSENT ? (gid_t)-1 : (gid_t)gid,
			AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)
		       ? -errno
		       : 0;
}

int op_mkdir(struct op *op)
{
	struct place at = op_place(op);
	mode_t mode = (mode_t)op_int(op);
	uint64_t parents = op_int(op), exist_ok = op_int(op), uid = op_int(op), gid = op_int(op);
	char name[256], up[4096];
	int dir, err = 0;

	if (parents && exist_ok) {
		dir = place_open(at, O_PATH | O_DIRECTORY, 0);
		if (dir >= 0) {
			close(dir);
			return 0;
		}
	}
	dir = place_parent(at, name);
	if (dir == -ENOENT && parents) {
		size_t len = strlen(at.path);

		while (len && at.path[len - 1] == '/')
			len--;
		while (len && at.path[len - 1] != '/')
			len--;
		if (len >= sizeof up)
			return -ENAMETOOLONG;
		memcpy(up, at.path, len);
		up[len] = 0;
		dir = make_dirs((struct place){at.root, up});
	}
	if (dir < 0)
		return dir;
	if (mkdirat(dir, name, mode & 07777) == 0)
		err = (mode & 07000 && fchmodat(dir, name, mode & 07777, 0)) ? -errno : own_at(dir, name, uid, gid);
	else if (errno == EEXIST && exist_ok) {
		close(dir);
		dir = make_dirs(at); /* also when a link leads there, dangling or not */
		err = dir < 0 ? dir : 0;
	} else
		err = -errno;
	if (dir >= 0)
		close(dir);
	return err;
}

int op_write(struct op *op)
{
	struct place at = op_place(op);
	struct blob data = op_blob(op);
	uint64_t create = op_int(op), append = op_int(op), only_proc = op_int(op);
	int flags = O_WRONLY | (create != ABSENT ? O_CREAT | O_NOFOLLOW : 0) | (append ? O_APPEND : create != ABSENT ? O_TRUNC : 0);
	int fd, err = 0;
	ssize_t n;

	if (at.root >= 0 && !*at.path) {
		fd = slot_fd(at.root);
		if (fd < 0)
			return fd;
		n = write(fd, data.data, data.len);
		return n < 0 ? -errno : n == (ssize_t)data.len ? 0 : -EIO;
	}
	fd = place_open(at, flags, create == ABSENT ? 0 : (mode_t)create & 07777);
	if (fd < 0)
		return fd;
	if (only_proc && !is_on(fd, PROC_SUPER_MAGIC))
		err = -EXDEV;
	else if ((n = write(fd, data.data, data.len)) != (ssize_t)data.len)
		err = n < 0 ? -errno : -EIO;
	close(fd);
	return err;
}

int op_open(struct op *op)
{
	uint64_t slot = op_int(op);
	struct place at = op_place(op);
	int flags = (int)op_int(op);

	return slot_set(slot, place_open(at, flags, (mode_t)op_int(op) & 07777));
}

int op_open_child(struct op *op)
{
	uint64_t slot = op_int(op);
	const char *path = op_str(op);
	int flags = (int)op_int(op), fd;
	char buf[256];
	struct text t;

	text_init(&t, buf, sizeof buf);
	text_add(&t, "/proc/");
	text_num(&t, (uint64_t)K.child);
	text_add(&t, "/");
	text_add(&t, path);
	fail_path(buf);
	fd = open(buf, flags | O_CLOEXEC);
	return slot_set(slot, fd < 0 ? -errno : fd);
}

/* Field 22 of /proc/PID/stat; the second field may hold spaces and brackets. */
static int start_time(uint64_t pid, uint64_t *ticks)
{
	char buf[1024];
	const char *p;
	struct text t;
	ssize_t n;
	int fd;

	text_init(&t, buf, sizeof buf);
	text_add(&t, "/proc/");
	text_num(&t, pid);
	text_add(&t, "/stat");
	fd = open(buf, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read_small(fd, buf, sizeof buf);
	close(fd);
	p = n < 0 ? NULL : strrchr(buf, ')');
	for (int field = 2; p && field < 22; field++) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	return p ? parse_number(p, ticks) : -ESRCH;
}

int op_open_process(struct op *op)
{
	uint64_t slot = op_int(op), pid = op_int(op), expected = op_int(op), ticks = 0;
	int fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0), err;

	if (fd < 0)
		return -errno;
	if (expected != ABSENT) {
		err = start_time(pid, &ticks);
		if (err || ticks != expected) {
			close(fd);
			return -ESRCH;
		}
	}
	return slot_set(slot, fd);
}

int connect_unix(const char *path, int flags)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	char link[64];
	struct text t;
	int fd, at = -1, err = 0;

	fail_path(path);
	if (strlen(path) >= sizeof name.sun_path) { /* the limit of socket names: go through a descriptor */
		at = open(path, O_PATH | O_CLOEXEC);
		if (at < 0)
			return -errno;
		text_init(&t, link, sizeof link);
		text_add(&t, "/proc/self/fd/");
		text_num(&t, (uint64_t)at);
		path = link;
	}
	strcpy(name.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof name))
		err = -errno;
	if (err && fd >= 0)
		close(fd);
	if (at >= 0)
		close(at);
	return err ? err : fd;
}

int op_connect(struct op *op)
{
	uint64_t slot = op_int(op);

	return slot_set(slot, connect_unix(op_str(op), 0));
}

int op_close(struct op *op)
{
	uint64_t slot = op_int(op);
	int fd = slot < SLOTS ? K.slots[slot] : -1;

	if (fd < 0)
		return -EBADF;
	K.slots[slot] = -1;
	close(fd);
	return 0;
}

int op_symlink(struct op *op)
{
	struct place at = op_place(op);
	const char *target = op_str(op);
	uint64_t exist_ok = op_int(op);
	char name[256];
	int dir = place_parent(at, name), err = 0;

	if (dir < 0)
		return dir;
	if (symlinkat(target, dir, name) && !(errno == EEXIST && exist_ok))
		err = -errno;
	close(dir);
	return err;
}

int op_mknod(struct op *op)
{
	struct place at = op_place(op);
	static const mode_t types[] = {S_IFCHR, S_IFBLK, S_IFIFO};
	uint64_t type = op_int(op), mode = op_int(op), major = op_int(op), minor = op_int(op);
	uint64_t uid = op_int(op), gid = op_int(op), exist_ok = op_int(op);
	char name[256];
	int dir, err = 0;
	struct stat st;

	if (type >= ARRAY_LEN(types))
		return -EINVAL;
	dir = place_parent(at, name);
	if (dir < 0)
		return dir;
	if (mknodat(dir, name, types[type] | ((mode_t)mode & 07777), makedev((unsigned)major, (unsigned)minor)) == 0)
		err = own_at(dir, name, uid, gid);
	else if (errno != EEXIST || !exist_ok)
		err = -errno;
	else if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		err = -errno;
	else if ((st.st_mode & S_IFMT) != types[type] ||
		 (type != 2 && st.st_rdev != makedev((unsigned)major, (unsigned)minor)))
		err = -EEXIST;
	close(dir);
	return err;
}

int op_own(struct op *op)
{
	struct place at = op_place(op);
	uint64_t uid = op_int(op), gid = op_int(op), mode = op_int(op);
	int fd = place_open(at, O_PATH, 0), err;
	char link[64];
	struct text t;

	if (fd < 0)
		return fd;
	err = own_at(fd, "", uid, gid);
	if (!err && mode != ABSENT) {
		err = syscall(SYS_fchmodat2_number, fd, "", (mode_t)mode & 07777, AT_EMPTY_PATH) ? -errno : 0;
	}
	if (err == -ENOSYS) { /* before Linux 6.6; this name is the descriptor itself */
		text_init(&t, link, sizeof link);
		text_add(&t, "/proc/self/fd/");
		text_num(&t, (uint64_t)fd);
		err = chmod(link, (mode_t)mode & 07777) ? -errno : 0;
	}
	close(fd);
	return err;
}

/* Removes a directory with the directories in it, as far as they are empty. */
static int remove_empty(int dir, const char *name, void *arg, int depth)
{
	int below = open_child_dir(dir, name);

	if (below < 0)
		return 0; /* a file */
	each_entry(below, remove_empty, arg, depth + 1);
	close(below);
	unlinkat(dir, name, AT_REMOVEDIR);
	return 0;
}

static int remove_name(struct place at, int flags, uint64_t retry_ms)
{
	char name[256];
	int dir = place_parent(at, name), err;
	struct timespec pause = {0, 200000};

	if (dir < 0)
		return dir;
	for (uint64_t waited_us = 0;; waited_us += (uint64_t)pause.tv_nsec / 1000) {
		err = unlinkat(dir, name, flags) ? -errno : 0;
		if (err != -EBUSY || waited_us >= retry_ms * 1000)
			break;
		if (waited_us > 0) /* a control group may have groups of the container's own below it */
			remove_empty(dir, name, NULL, 0);
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 10000000)
			pause.tv_nsec *= 2;
	}
	close(dir);
	return err == -ENOENT ? 0 : err;
}

int op_unlink(struct op *op)
{
	return remove_name(op_place(op), 0, 0);
}

int op_rmdir(struct op *op)
{
	struct place at = op_place(op);

	return remove_name(at, AT_REMOVEDIR, op_int(op));
}

int op_remove_tree(struct op *op)
{
	struct place at = op_place(op);
	uint64_t keep_top = op_int(op);
	int dir = place_open(at, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0), err;

	if (dir == -ENOENT)
		return 0;
	if (dir < 0)
		return dir;
	err = remove_tree(dir, 0);
	close(dir);
	return err || keep_top ? err : remove_name(at, AT_REMOVEDIR, 0);
}
