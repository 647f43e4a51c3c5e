/*
 * Paths. Everything inside a root filesystem is resolved by the kernel beneath a directory descriptor and then used by
 * descriptor only: a name is never resolved twice, so nothing that changes in between can lead outside.
 */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LINKS_MAX = 40, NAME_CAP = 256, PATH_CAP = 4096 };

int slot_fd(int slot)
{
	return slot >= 0 && slot < SLOTS && K.slots[slot] >= 0 ? K.slots[slot] : -EBADF;
}

/* Takes fd over into a slot, which must be free: a slot is never silently replaced. */
int slot_set(uint64_t slot, int fd)
{
	if (fd < 0)
		return fd;
	if (slot >= SLOTS || K.slots[slot] >= 0) {
		close(fd);
		return -EBUSY;
	}
	K.slots[slot] = fd;
	return 0;
}

static int open_resolving(int root, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = resolve,
	};

	for (int tries = 0; tries < 128; tries++) {
		long fd = syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof how);

		if (fd >= 0)
			return (int)fd;
		if (errno != EAGAIN && errno != EINTR) /* EAGAIN: ".." raced with a rename */
			return -errno;
	}
	return -EAGAIN;
}

static int open_beneath(int root, const char *path, int flags, mode_t mode)
{
	return open_resolving(root, path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

int open_directory_beneath(int root, const char *path)
{
	return open_beneath(root, path, O_PATH | O_DIRECTORY, 0);
}

/* A directory that no symbolic link leads to: -ELOOP if one does. Outside a root as any other. */
int place_open_plain(struct place p)
{
	int root = slot_fd(p.root);

	if (p.root < 0)
		return place_open(p, O_PATH | O_DIRECTORY, 0);
	return root < 0 ? root
			: open_resolving(root, p.path, O_PATH | O_DIRECTORY, 0, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
}

int place_open(struct place p, int flags, mode_t mode)
{
	int fd, root;

	fail_path(p.path);
	if (p.root < 0) {
		fd = open(p.path, flags | O_CLOEXEC, mode);
		return fd < 0 ? -errno : fd;
	}
	root = slot_fd(p.root);
	if (root < 0)
		return root;
	if (*p.path)
		return open_beneath(root, p.path, flags, mode);
	fd = fcntl(root, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? -errno : fd;
}

bool is_on(int fd, long fs_magic)
{
	struct statfs s;

	return fstatfs(fd, &s) == 0 && s.f_type == fs_magic;
}

/* Splits "a/b/c/" into the path of the parent and the last name. */
static int split(const char *path, char parent[PATH_CAP], char name[NAME_CAP])
{
	size_t end = strlen(path), start;

	while (end && path[end - 1] == '/')
		end--;
	start = end;
	while (start && path[start - 1] != '/')
		start--;
	if (end - start >= NAME_CAP || start >= PATH_CAP)
		return -ENAMETOOLONG;
	if (end == start)
		return -EINVAL;
	memcpy(name, path + start, end - start);
	name[end - start] = 0;
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return -EINVAL;
	memcpy(parent, path, start);
	parent[start] = 0;
	return 0;
}

/* Opens the existing directory that holds the last name of p. The name itself is not followed. */
int place_parent(struct place p, char name[NAME_CAP])
{
	char parent[PATH_CAP];
	int err = split(p.path, parent, name);

	fail_path(p.path);
	if (err)
		return err;
	if (p.root < 0)
		err = open(*parent ? parent : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	else
		return slot_fd(p.root) < 0 ? -EBADF : open_beneath(slot_fd(p.root), parent, O_PATH | O_DIRECTORY, 0);
	return err < 0 ? -errno : err;
}

/* One step of make_dirs: `cur` exists, `next` (cur/name) does not. Creates it, or replaces `rest` by a dangling link's target. */
static int make_one(int root, struct text *cur, const char *next, const char *name, char *rest)
{
	char target[PATH_CAP * 2];
	int parent = root < 0 ? open(cur->len ? cur->buf : "/", O_PATH | O_DIRECTORY | O_CLOEXEC)
			      : open_beneath(root, cur->buf, O_PATH | O_DIRECTORY, 0);
	ssize_t n;
	int err = 0;

	if (parent < 0)
		return root < 0 ? -errno : parent;
	if (mkdirat(parent, name, 0755) == 0) {
		cur->len = 0;
		text_add(cur, next);
	} else if (errno != EEXIST) {
		err = -errno;
	} else if ((n = readlinkat(parent, name, target, PATH_CAP - 1)) > 0) {
		target[n] = 0;
		if ((size_t)n + 1 + strlen(rest) >= PATH_CAP) {
			err = -ENAMETOOLONG;
		} else {
			target[n] = '/';
			strcpy(target + n + 1, rest);
			strcpy(rest, target);
			if (target[0] == '/')
				cur->buf[cur->len = 0] = 0;
			err = 1;
		}
	} else {
		err = errno == EINVAL ? 0 : -errno; /* made by somebody else just now: look again */
	}
	close(parent);
	return err;
}

/* mkdir -p (0755), following dangling symlinks inside the root as a complete path would be. Returns an O_PATH descriptor. */
int make_dirs(struct place p)
{
	char buf[PATH_CAP], next_buf[PATH_CAP], rest[PATH_CAP], name[NAME_CAP];
	struct text cur, next;
	int links = 0, fd = place_open(p, O_PATH | O_DIRECTORY, 0);
	int root = p.root < 0 ? -1 : slot_fd(p.root);

	if (fd != -ENOENT)
		return fd;
	if (strlen(p.path) >= PATH_CAP)
		return -ENAMETOOLONG;
	strcpy(rest, p.path);
	text_init(&cur, buf, sizeof buf);
	for (;;) {
		size_t skip = strspn(rest, "/"), len = strcspn(rest + skip, "/");

		if (len == 0)
			return root < 0 ? place_open((struct place){-1, cur.buf}, O_PATH | O_DIRECTORY, 0)
					: open_beneath(root, cur.buf, O_PATH | O_DIRECTORY, 0);
		if (len >= NAME_CAP)
			return -ENAMETOOLONG;
		memcpy(name, rest + skip, len);
		name[len] = 0;
		memmove(rest, rest + skip + len, strlen(rest + skip + len) + 1);
		text_init(&next, next_buf, sizeof next_buf);
		text_add(&next, cur.buf);
		text_add(&next, "/");
		text_add(&next, name);
		if (next.len + 1 >= next.cap)
			return -ENAMETOOLONG;
		fd = root < 0 ? open(next.buf, O_PATH | O_DIRECTORY | O_CLOEXEC)
			      : open_beneath(root, next.buf, O_PATH | O_DIRECTORY, 0);
		if (fd >= 0) {
			close(fd);
			cur.len = 0;
			text_add(&cur, next.buf);
			continue;
		}
		fd = root < 0 ? -errno : fd;
		if (fd != -ENOENT)
			return fd;
		fd = make_one(root, &cur, next.buf, name, rest);
		if (fd < 0)
			return fd;
		if (fd == 1 && ++links > LINKS_MAX)
			return -ELOOP;
	}
}

/* Opens, or creates with its parents, a mount point that is a file. */
int make_file(struct place p, mode_t mode)
{
	char parent[PATH_CAP], name[NAME_CAP], target[PATH_CAP];
	struct place up = {p.root, parent};
	int fd = place_open(p, O_PATH, 0), dir;
	ssize_t n;

	if (fd != -ENOENT)
		return fd;
	for (int links = 0; links < LINKS_MAX; links++) {
		fd = split(p.path, parent, name);
		if (fd)
			return fd;
		dir = make_dirs(up);
		if (dir < 0)
			return dir;
		fd = openat(dir, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDONLY | O_CLOEXEC, mode);
		fd = fd < 0 ? -errno : fd;
		n = fd == -EEXIST ? readlinkat(dir, name, target, sizeof target - 1) : -1;
		close(dir);
		if (n < 0)
			return fd == -EEXIST ? place_open(p, O_PATH, 0) : fd;
		target[n] = 0;
		if (target[0] != '/' && strlen(parent) + (size_t)n + 1 < sizeof target) {
			memmove(target + strlen(parent), target, (size_t)n + 1);
			memcpy(target, parent, strlen(parent));
		} else if (target[0] != '/') {
			return -ENAMETOOLONG;
		}
		p.path = target;
	}
	return -ELOOP;
}
