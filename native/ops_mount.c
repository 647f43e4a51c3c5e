/* Ops on mounts: the new mount API only, so that every target is a descriptor. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int clone_at(struct place at, bool recursive)
{
	int fd = place_open(at, O_PATH, 0), tree;

	if (fd < 0)
		return fd;
	tree = open_tree(fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0));
	tree = tree < 0 ? -errno : tree;
	close(fd);
	return tree;
}

int op_clone_mount(struct op *op)
{
	uint64_t slot = op_int(op);
	struct place at = op_place(op);

	return slot_set(slot, clone_at(at, op_int(op) != 0));
}

static int set_attributes(int fd, uint64_t set, uint64_t clear, uint64_t propagation, bool recursive, int userns)
{
	struct mount_attr attr = {
		.attr_set = set | (userns >= 0 ? MOUNT_ATTR_IDMAP : 0),
		.attr_clr = clear,
		.propagation = propagation,
		.userns_fd = userns >= 0 ? (uint64_t)userns : 0,
	};

	return mount_setattr(fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr, sizeof attr) ? -errno : 0;
}

int op_mount_attributes(struct op *op)
{
	struct place at = op_place(op);
	uint64_t set = op_int(op), clear = op_int(op), propagation = op_int(op), recursive = op_int(op), userns = op_int(op);
	int ns = userns == ABSENT ? -1 : slot_fd(userns < SLOTS ? (int)userns : -1), fd, err;

	if (userns != ABSENT && ns < 0)
		return -EBADF;
	fd = place_open(at, O_PATH, 0);
	if (fd < 0)
		return fd;
	err = set_attributes(fd, set, clear, propagation, recursive, ns);
	close(fd);
	return err;
}

static int attach_fd(int mnt, int target)
{
	return move_mount(mnt, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) ? -errno : 0;
}

/* Gives the root of a mount the permissions of the directory that it will cover, if there is one. */
static int take_mode(int mnt, struct place at)
{
	int covered = place_open(at, O_PATH | O_DIRECTORY, 0), root, err;
	struct stat st;

	if (covered == -ENOENT)
		return 0;
	if (covered < 0)
		return covered;
	root = openat(mnt, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = root < 0 || fstat(covered, &st) || fchmod(root, st.st_mode & 07777) ? -errno : 0;
	if (root >= 0)
		close(root);
	close(covered);
	return err;
}

/*
 * proc and sysfs are where masks and read-only paths look for them only if no link leads there: a link into a directory that
 * two containers share could be changed in between (CVE-2019-19921).
 */
static int plain_directory(struct place at)
{
	int fd = make_dirs(at);

	if (fd < 0)
		return fd;
	close(fd);
	return place_open_plain(at);
}

int op_attach(struct op *op)
{
	uint64_t slot = op_int(op);
	struct place at = op_place(op);
	uint64_t create = op_int(op);
	int mnt = slot_fd(slot < SLOTS ? (int)slot : -1), target, err;
	struct stat st;

	if (mnt < 0)
		return mnt;
	if (create == 3) {
		if (fstat(mnt, &st))
			return -errno;
		create = S_ISDIR(st.st_mode) ? 1 : 2;
	}
	if (create == 4) {
		err = take_mode(mnt, at);
		if (err)
			return err;
		create = 1;
	}
	if (create == 1 && (is_on(mnt, PROC_SUPER_MAGIC) || is_on(mnt, SYSFS_MAGIC)))
		target = plain_directory(at);
	else
		target = create == 1 ? make_dirs(at) : create == 2 ? make_file(at, 0755) : place_open(at, O_PATH, 0);
	fail_path(at.path);
	if (target < 0)
		return target;
	err = attach_fd(mnt, target);
	close(target);
	return err;
}

int op_unmount(struct op *op)
{
	struct place at = op_place(op);
	int flags = (int)op_int(op), fd = place_open(at, O_PATH, 0), err;
	char link[64];
	struct text t;

	if (fd < 0)
		return fd;
	text_init(&t, link, sizeof link);
	text_add(&t, "/proc/self/fd/");
	text_num(&t, (uint64_t)fd);
	err = umount2(link, flags) ? -errno : 0;
	close(fd);
	return err;
}

int op_remount(struct op *op)
{
	struct place at = op_place(op);
	int fd = place_open(at, O_PATH, 0), fs, err;

	if (fd < 0)
		return fd;
	fs = fspick(fd, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC);
	err = fs < 0 ? -errno : configure_mount(fs, op_list(op));
	if (!err && fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0)) {
		err = -errno;
		read_mount_log(fs);
	}
	if (fs >= 0)
		close(fs);
	close(fd);
	return err;
}

static int empty = -1, null_device = -1;

/* Nothing more is masked: a process that waits holds nothing that it needs no more. */
void close_mask_sources(void)
{
	if (empty >= 0)
		close(empty);
	if (null_device >= 0)
		close(null_device);
	empty = null_device = -1;
}

/*
 * The empty read-only directory or the null device that masked paths are covered with; each made once. `fresh`: nothing shows
 * the directory yet. Only a mount that is attached somewhere can be copied before Linux 6.15, so its first use is the mount itself.
 */
static int mask_source(bool directory, bool *fresh)
{
	struct stat st;
	int fs, fd;

	*fresh = directory && empty < 0;
	if (*fresh) {
		fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
		if (fs < 0)
			return -errno;
		if (fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", "1", 0) == 0 &&
		    fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) == 0 &&
		    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
			empty = fsmount(fs, FSMOUNT_CLOEXEC,
					MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
		fd = empty < 0 ? -errno : 0;
		close(fs);
		if (fd)
			return fd;
	}
	if (!directory && null_device < 0) {
		fd = open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		if (fstat(fd, &st) || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3)) {
			close(fd);
			return -ENODEV;
		}
		null_device = fd;
	}
	return directory ? empty : null_device;
}

int op_mask(struct op *op)
{
	struct place at = op_place(op);
	int target = place_open(at, O_PATH, 0), source, mnt, err;
	bool fresh = false;
	struct stat st;

	if (target == -ENOENT || target == -ENOTDIR)
		return 0;
	if (target < 0)
		return target;
	source = fstat(target, &st) ? -errno : mask_source(S_ISDIR(st.st_mode), &fresh);
	err = source < 0 ? source : 0;
	if (!err && fresh) {
		err = attach_fd(source, target);
	} else if (!err) {
		/* read-only: the null device is the host's, and must keep its mode, owner and times */
		mnt = open_tree(source, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
		err = mnt < 0 ? -errno : set_attributes(mnt, MOUNT_ATTR_RDONLY, 0, 0, false, -1);
		err = err ? err : attach_fd(mnt, target);
		if (mnt >= 0)
			close(mnt);
	}
	close(target);
	return err;
}

int op_read_only(struct op *op)
{
	struct place at = op_place(op);
	int target = place_open(at, O_PATH, 0), mnt, err;

	if (target == -ENOENT || target == -ENOTDIR)
		return 0;
	if (target < 0)
		return target;
	/* what was found once is what is cloned and what is covered */
	mnt = open_tree(target, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
	err = mnt < 0 ? -errno : set_attributes(mnt, MOUNT_ATTR_RDONLY, 0, 0, true, -1);
	err = err ? err : attach_fd(mnt, target);
	if (mnt >= 0)
		close(mnt);
	close(target);
	return err;
}

/*
 * Whoever started this may be in a chroot. pivot_root(2) would exchange that directory alone, and what lies around it would stay
 * in the namespace, one setns(2) or one chroot(2) away: so from the root of the namespace itself, which joining it again gives.
 */
static int enter_namespace_root(void)
{
	int self = (int)syscall(SYS_pidfd_open, getpid(), 0), err;

	if (self < 0)
		return -errno;
	err = setns(self, CLONE_NEWNS) ? -errno : 0;
	close(self);
	return err;
}

/*
 * The old root ends up on top of the new one and is taken away from there. First all of it stops propagating: its end must
 * not reach the host's mounts, and the new root's own propagation is nobody's business here.
 */
static int pivot(int root)
{
	struct stat top, new_root;
	int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), err;

	if (old < 0)
		return -errno;
	err = enter_namespace_root();
	if (!err && (stat("/", &top) || fstat(root, &new_root)))
		err = -errno;
	/* joined again, a namespace shows the topmost of what is mounted on its root: the new root, when nobody is in a chroot */
	if (!err && top.st_dev == new_root.st_dev && top.st_ino == new_root.st_ino)
		err = fchdir(old) || chroot(".") ? -errno : 0;
	close(old);
	if (err)
		return err;
	old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (old < 0)
		return -errno;
	if (fchdir(root) || syscall(SYS_pivot_root, ".", ".") || fchdir(old) || mount("", ".", NULL, MS_SLAVE | MS_REC, NULL) ||
	    umount2(".", MNT_DETACH) || chdir("/"))
		err = -errno;
	close(old);
	return err;
}

/* Everything is done on the two directories themselves ("."), so no name is looked up in either root. */
int op_pivot_root(struct op *op)
{
	uint64_t slot = op_int(op), how = op_int(op);
	int root = slot_fd(slot < SLOTS ? (int)slot : -1), err;

	if (root < 0)
		return root;
	if (how == 0)
		return pivot(root);
	if (fchdir(root))
		return -errno;
	err = how == 1 ? hide_host_views(root) : 0;
	if (err)
		return err;
	if (how == 1 && mount(".", "/", NULL, MS_MOVE, NULL))
		return -errno;
	return chroot(".") || chdir("/") ? -errno : 0;
}
