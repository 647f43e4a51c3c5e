/* Copies of directory trees, by descriptor: what an image has in the place of an empty volume or a tmpfs. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { LINKS_MAX = 16384, NAMES_MAX = 4 << 20, PATH_CAP = 4096 };

/* Where the first name of a file with several went. */
struct link {
	uint64_t dev, ino;
	size_t path;
};

/* One copy at a time. `replace`: what is there already was left by a copy that was interrupted. */
static struct {
	bool replace, no_clone;
	int root;
	char path[PATH_CAP];
	size_t len;
	struct link *links;
	char *names;
	size_t link_count, names_len;
} C;

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
	struct stat now;
	bool other;
	int err;

	/* what is right already costs nothing: every change is an entry in the journal */
	if (fstat(to, &now))
		return -errno;
	other = now.st_uid != st->st_uid || now.st_gid != st->st_gid;
	if (other && fchown(to, st->st_uid, st->st_gid))
		return -errno;
	if ((other || (now.st_mode & 07777) != (st->st_mode & 07777)) && fchmod(to, st->st_mode & 07777))
		return -errno;
	err = copy_xattrs(from, to);
	if (err)
		return err;
	return futimens(to, times) ? -errno : 0;
}

static int send_run(int from, int to, off_t at, off_t end)
{
	ssize_t n;

	if (lseek(to, at, SEEK_SET) < 0)
		return -errno;
	while (at < end) {
		size_t want = end - at > 1 << 30 ? 1 << 30 : (size_t)(end - at);

		n = sendfile(to, from, &at, want);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return 0; /* became shorter meanwhile */
	}
	return 0;
}

/* The data alone, shared where the file system can; holes stay holes. */
static int copy_data(int from, int to, const struct stat *st)
{
	off_t at = 0, end;
	int err = 0;

	if (st->st_size == 0)
		return 0;
	if (!C.no_clone && ioctl(to, FICLONE, from) == 0)
		return 0;
	C.no_clone = true;
	if ((off_t)st->st_blocks * 512 >= st->st_size)
		return send_run(from, to, 0, st->st_size);
	while (!err && at < st->st_size) {
		at = lseek(from, at, SEEK_DATA);
		if (at < 0 && errno == ENXIO)
			break;
		end = at < 0 ? -1 : lseek(from, at, SEEK_HOLE);
		if (end < 0)
			return -errno;
		err = send_run(from, to, at, end);
		at = end;
	}
	return err ? err : ftruncate(to, st->st_size) ? -errno : 0;
}

static int create_file(int dir, const char *name, mode_t mode)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode & 0777);

	return fd < 0 ? -errno : fd;
}

static int copy_file(int dir, int to_dir, const char *name, const struct stat *st)
{
	int from = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), to, err;

	if (from < 0)
		return -errno;
	to = create_file(to_dir, name, st->st_mode);
	err = to < 0 ? to : copy_data(from, to, st);
	if (!err)
		err = copy_meta(from, to, st);
	if (to >= 0)
		close(to);
	close(from);
	return err;
}

static int copy_link(int dir, int to_dir, const char *name, const struct stat *st)
{
	struct timespec times[2] = {st->st_atim, st->st_mtim};
	char target[PATH_CAP];
	ssize_t n = readlinkat(dir, name, target, sizeof target - 1);

	if (n < 0)
		return -errno;
	target[n] = 0;
	if (symlinkat(target, to_dir, name) || fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) ||
	    utimensat(to_dir, name, times, AT_SYMLINK_NOFOLLOW))
		return -errno;
	return 0;
}

static int copy_node(int to_dir, const char *name, const struct stat *st)
{
	struct timespec times[2] = {st->st_atim, st->st_mtim};

	if (mknodat(to_dir, name, st->st_mode, st->st_rdev) ||
	    fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) ||
	    utimensat(to_dir, name, times, AT_SYMLINK_NOFOLLOW))
		return -errno;
	return 0;
}

/* Adds a name to the path that is being copied. Returns the length before, or -ENAMETOOLONG. */
static long enter(const char *name)
{
	size_t before = C.len, n = strlen(name);

	if (C.len + n + 2 > sizeof C.path)
		return -ENAMETOOLONG;
	if (C.len)
		C.path[C.len++] = '/';
	memcpy(C.path + C.len, name, n + 1);
	C.len += n;
	return (long)before;
}

static void leave(long before)
{
	C.len = (size_t)before;
	C.path[C.len] = 0;
}

static const char *first_name(const struct stat *st)
{
	for (size_t i = 0; i < C.link_count; i++)
		if (C.links[i].ino == st->st_ino && C.links[i].dev == st->st_dev)
			return C.names + C.links[i].path;
	return NULL;
}

/* Remembers where a file with several names goes. When there is no room the next name becomes a copy of its own. */
static int note_name(const struct stat *st, const char *name)
{
	long before = enter(name);

	if (before < 0)
		return (int)before;
	if (!C.links) {
		void *memory = mmap(NULL, sizeof(struct link) * LINKS_MAX + NAMES_MAX, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (memory == MAP_FAILED)
			return -errno;
		C.links = memory;
		C.names = (char *)memory + sizeof(struct link) * LINKS_MAX;
	}
	if (C.link_count < LINKS_MAX && C.names_len + C.len + 1 <= NAMES_MAX) {
		C.links[C.link_count++] = (struct link){st->st_dev, st->st_ino, C.names_len};
		memcpy(C.names + C.names_len, C.path, C.len + 1);
		C.names_len += C.len + 1;
	}
	leave(before);
	return 0;
}

/* Another name of a file that was copied before. Others may use the volume too: their links must not lead out of it. */
static int link_to(const char *first, int to_dir, const char *name)
{
	char parent[PATH_CAP];
	const char *slash = strrchr(first, '/'), *last = slash ? slash + 1 : first;
	int dir, err;

	memcpy(parent, first, (size_t)(last - first));
	parent[last - first] = 0;
	dir = open_directory_beneath(C.root, parent);
	if (dir < 0)
		return dir;
	err = linkat(dir, last, to_dir, name, 0) ? -errno : 0;
	close(dir);
	return err;
}

static int copy_directory(int dir, int to_dir, const char *name, int depth)
{
	long before = enter(name);
	int from, to, err;

	if (before < 0)
		return (int)before;
	from = open_child_dir(dir, name);
	if (from < 0) {
		leave(before);
		return from == -EXDEV ? 0 : from;
	}
	err = mkdirat(to_dir, name, 0700) && !(C.replace && errno == EEXIST) ? -errno : 0;
	to = err ? err : open_child_dir(to_dir, name);
	err = to < 0 ? to : copy_content(from, to, depth + 1);
	if (to >= 0)
		close(to);
	close(from);
	leave(before);
	return err;
}

static int copy_entry(int dir, const char *name, void *arg, int depth)
{
	int to_dir = *(int *)arg, err;
	const char *first;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return copy_directory(dir, to_dir, name, depth);
	if (C.replace && unlinkat(to_dir, name, 0) && errno != ENOENT)
		return -errno;
	if (st.st_nlink > 1) {
		first = first_name(&st);
		if (first)
			return link_to(first, to_dir, name);
		err = note_name(&st, name);
		if (err)
			return err;
	}
	if (S_ISREG(st.st_mode))
		return copy_file(dir, to_dir, name, &st);
	return S_ISLNK(st.st_mode) ? copy_link(dir, to_dir, name, &st) : copy_node(to_dir, name, &st);
}

int copy_content(int from, int to, int depth)
{
	struct stat st;
	int err = each_entry(from, copy_entry, &to, depth);

	if (err)
		return err;
	return fstat(from, &st) ? -errno : copy_meta(from, to, &st);
}

/*
 * Copies the content of one directory, and its own owner, mode and times, into another one that is empty. `replace`: into one
 * that an interrupted copy left.
 */
int copy_tree(int from, int to, bool replace)
{
	C.replace = replace;
	C.root = to;
	C.len = C.link_count = C.names_len = 0;
	C.path[0] = 0;
	return copy_content(from, to, 0);
}
