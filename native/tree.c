/* Recursive work on directory trees, by descriptor, without following links or entering other mounts. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { DEPTH_MAX = 256 };

struct entry {
	uint64_t ino;
	int64_t off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

/* Calls each for every entry except . and ..; stops at the first error. */
static int for_each(int dir, int (*each)(int dir, const char *name, void *arg, int depth), void *arg, int depth)
{
	char buf[4096] __attribute__((aligned(8)));
	long n;
	int err = 0;

	if (depth > DEPTH_MAX)
		return -ELOOP;
	if (lseek(dir, 0, SEEK_SET) < 0)
		return -errno;
	while (!err && (n = syscall(SYS_getdents64, dir, buf, sizeof buf)) > 0) {
		for (long at = 0; at < n && !err;) {
			struct entry *e = (struct entry *)(buf + at);

			at += e->reclen;
			if (strcmp(e->name, ".") && strcmp(e->name, ".."))
				err = each(dir, e->name, arg, depth);
		}
	}
	return err ? err : n < 0 ? -errno : 0;
}

static int open_child_dir(int dir, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	long fd = syscall(SYS_openat2, dir, name, &how, sizeof how);

	return fd < 0 ? -errno : (int)fd;
}

static int remove_entry(int dir, const char *name, void *arg, int depth)
{
	int sub, err;

	(void)arg;
	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	if (unlinkat(dir, name, AT_REMOVEDIR) == 0)
		return 0;
	sub = open_child_dir(dir, name);
	if (sub < 0)
		return sub;
	err = remove_tree(sub, depth + 1);
	close(sub);
	if (!err && unlinkat(dir, name, AT_REMOVEDIR) && errno != ENOENT)
		err = -errno;
	return err;
}

/* Empties a directory. Repeats, because removing while reading may skip entries on some filesystems. */
int remove_tree(int dir, int depth)
{
	return for_each(dir, remove_entry, NULL, depth);
}

static int copy_xattrs(int from, int to)
{
	char names[4096], value[4096];
	ssize_t len = flistxattr(from, names, sizeof names), n;

	if (len < 0)
		return errno == EOPNOTSUPP || errno == ERANGE ? 0 : -errno;
	for (char *name = names; name < names + len; name += strlen(name) + 1) {
		n = fgetxattr(from, name, value, sizeof value);
		if (n >= 0 && fsetxattr(to, name, value, (size_t)n, 0) && errno != EOPNOTSUPP && errno != EPERM)
			return -errno;
	}
	return 0;
}

static int copy_meta(int from, int to, const struct stat *st)
{
	struct timespec times[2] = {st->st_atim, st->st_mtim};
	int err;

	if (fchown(to, st->st_uid, st->st_gid) || fchmod(to, st->st_mode & 07777))
		return -errno;
	err = copy_xattrs(from, to);
	if (err)
		return err;
	return futimens(to, times) ? -errno : 0;
}

static int copy_file(int dir, int to_dir, const char *name, const struct stat *st)
{
	int from = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), to, err = 0;
	ssize_t n;

	if (from < 0)
		return -errno;
	to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		err = -errno;
	while (!err && (n = sendfile(to, from, NULL, 1 << 20)) != 0)
		if (n < 0 && errno != EINTR)
			err = -errno;
	if (!err)
		err = copy_meta(from, to, st);
	if (to >= 0)
		close(to);
	close(from);
	return err;
}

static int copy_link(int dir, int to_dir, const char *name, const struct stat *st)
{
	char target[4096];
	ssize_t n = readlinkat(dir, name, target, sizeof target - 1);

	if (n < 0)
		return -errno;
	target[n] = 0;
	if (symlinkat(target, to_dir, name) || fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW))
		return -errno;
	return 0;
}

static int copy_entry(int dir, const char *name, void *arg, int depth)
{
	int to_dir = *(int *)arg, from, to, err;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return -errno;
	if (S_ISREG(st.st_mode))
		return copy_file(dir, to_dir, name, &st);
	if (S_ISLNK(st.st_mode))
		return copy_link(dir, to_dir, name, &st);
	if (!S_ISDIR(st.st_mode)) {
		if (mknodat(to_dir, name, st.st_mode, st.st_rdev) ||
		    fchownat(to_dir, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW))
			return -errno;
		return 0;
	}
	from = open_child_dir(dir, name);
	if (from < 0)
		return from == -EXDEV ? 0 : from;
	if (mkdirat(to_dir, name, 0700)) {
		err = -errno;
	} else {
		to = open_child_dir(to_dir, name);
		err = to < 0 ? to : copy_tree(from, to, depth + 1);
		if (to >= 0)
			close(to);
	}
	close(from);
	return err;
}

/* Copies the content of one directory, and its own owner, mode and times, into an empty one. */
int copy_tree(int from, int to, int depth)
{
	struct stat st;
	int err = for_each(from, copy_entry, &to, depth);

	if (err)
		return err;
	return fstat(from, &st) ? -errno : copy_meta(from, to, &st);
}
