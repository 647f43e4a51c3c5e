/* Recursive work on directory trees, by descriptor, without following links or entering other mounts. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
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
int each_entry(int dir, int (*each)(int dir, const char *name, void *arg, int depth), void *arg, int depth)
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

int open_child_dir(int dir, const char *name)
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
	return each_entry(dir, remove_entry, NULL, depth);
}
