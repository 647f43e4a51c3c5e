/* Ops that fill a mount with what the image has in its place. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int op_copy_up(struct op *op)
{
	struct place from = op_place(op);
	uint64_t slot = op_int(op);
	int mnt = slot_fd(slot < SLOTS ? (int)slot : -1), dir, to, err;

	if (mnt < 0)
		return mnt;
	dir = place_open(from, O_RDONLY | O_DIRECTORY, 0);
	if (dir == -ENOENT)
		return 0;
	if (dir < 0)
		return dir;
	to = openat(mnt, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = to < 0 ? -errno : copy_tree(dir, to, false);
	if (to >= 0)
		close(to);
	close(dir);
	return err;
}

static int stop_at_once(int dir, const char *name, void *arg, int depth)
{
	(void)dir, (void)name, (void)arg, (void)depth;
	return 1;
}

/* Others have put something there: 1; nothing: 0. */
static int has_entries(int dir)
{
	struct stat st;
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), found;

	if (copy < 0 || fstat(copy, &st)) {
		found = -errno;
		if (copy >= 0)
			close(copy);
		return found;
	}
	found = each_entry(copy, stop_at_once, NULL, 0);
	close(copy);
	return found;
}

/* Opens and locks the marker; one that its last holder removed in the meantime is not it any more. */
static int lock_marker(const char *path)
{
	struct stat mine, there;

	for (;;) {
		int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

		if (fd < 0)
			return -errno;
		while (flock(fd, LOCK_EX))
			if (errno != EINTR) {
				int err = -errno;

				close(fd);
				return err;
			}
		if (!fstat(fd, &mine) && !stat(path, &there) && mine.st_ino == there.st_ino && mine.st_dev == there.st_dev)
			return fd;
		close(fd);
	}
}

/* Under the lock: copies unless there is something already that no interrupted copy left. */
static int fill(int from, int to, int marker, const char *path)
{
	struct stat st;
	int err = 0, used;

	if (fstat(marker, &st))
		return -errno;
	used = has_entries(to);
	if (used < 0)
		return used;
	if (st.st_size > 0 || !used) {
		if (st.st_size == 0 && write(marker, "1\n", 2) != 2)
			return errno ? -errno : -EIO;
		err = copy_tree(from, to, st.st_size > 0);
	}
	return err ? err : unlink(path) ? -errno : 0;
}

int op_fill_volume(struct op *op)
{
	struct place from = op_place(op);
	uint64_t slot = op_int(op);
	const char *path = op_str(op);
	int mnt = slot_fd(slot < SLOTS ? (int)slot : -1), dir, to, marker = -1, err;

	if (mnt < 0)
		return mnt;
	dir = place_open(from, O_RDONLY | O_DIRECTORY, 0);
	if (dir == -ENOENT || dir == -ENOTDIR)
		return 0;
	if (dir < 0)
		return dir;
	to = openat(mnt, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = to < 0 ? (errno == ENOTDIR ? 1 : -errno) : 0;
	if (!err && *path) {
		marker = lock_marker(path);
		err = marker < 0 ? marker : fill(dir, to, marker, path);
	} else if (!err) {
		err = has_entries(to);
		err = err ? err : copy_tree(dir, to, false);
	}
	if (marker >= 0)
		close(marker);
	if (to >= 0)
		close(to);
	close(dir);
	return err > 0 ? 0 : err;
}
