/* New superblocks: fsopen, fsconfig, fsmount. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define LAYER "lowerdir+="

enum { OPTION_VALUE_MAX = 255, LAYERS_MAX = 128 };

/* The kernel's own explanation of a failed mount ("e overlay: ..."), the last line of it. */
void read_mount_log(int fs)
{
	char line[512];
	ssize_t n;

	while ((n = read(fs, line, sizeof line - 1)) > 0) {
		line[n] = 0;
		if (line[n - 1] == '\n')
			line[n - 1] = 0;
		fail_detail(n > 2 && line[1] == ' ' ? line + 2 : line);
	}
}

/* Longer values than fsconfig takes can only be paths: handed over as descriptors' names. */
static int configure_long(int fs, const char *key, const char *value)
{
	char link[64];
	struct text t;
	int fd = open(value, O_PATH | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	text_init(&t, link, sizeof link);
	text_add(&t, "/proc/self/fd/");
	text_num(&t, (uint64_t)fd);
	err = fsconfig(fs, FSCONFIG_SET_STRING, key, link, 0) ? -errno : 0;
	close(fd);
	return err;
}

/* One option, "key" or "key=value". */
static int configure_one(int fs, const char *option)
{
	const char *equals = strchr(option, '=');
	char key[64];

	if (!equals)
		return fsconfig(fs, FSCONFIG_SET_FLAG, option, NULL, 0) ? -errno : 0;
	if ((size_t)(equals - option) >= sizeof key)
		return -ENAMETOOLONG;
	memcpy(key, option, (size_t)(equals - option));
	key[equals - option] = 0;
	if (strlen(equals + 1) > OPTION_VALUE_MAX)
		return configure_long(fs, key, equals + 1);
	return fsconfig(fs, FSCONFIG_SET_STRING, key, equals + 1, 0) ? -errno : 0;
}

static bool is_layer(const char *option)
{
	return strncmp(option, LAYER, sizeof LAYER - 1) == 0;
}

static int configure(int fs, struct list options, const char *joined)
{
	const char *option;
	int err = 0;

	if (joined && fsconfig(fs, FSCONFIG_SET_STRING, "lowerdir", joined, 0)) {
		fail_detail("lowerdir");
		return -errno;
	}
	while (list_str(&options, &option)) {
		if (joined && is_layer(option))
			continue;
		err = configure_one(fs, option);
		if (err) {
			fail_detail(option);
			read_mount_log(fs);
			return err;
		}
	}
	return 0;
}

int configure_mount(int fs, struct list options)
{
	return configure(fs, options, NULL);
}

/* A new superblock of this type, attached nowhere. `joined`: all lower directories of an overlay in one value. */
static int make_mount(const char *type, struct list options, const char *joined, unsigned attrs)
{
	int fs = fsopen(type, FSOPEN_CLOEXEC), mnt = -1, err;

	if (fs < 0)
		return -errno;
	err = configure(fs, options, joined);
	if (!err && fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) {
		err = -errno;
		read_mount_log(fs);
	}
	if (!err) {
		mnt = fsmount(fs, FSMOUNT_CLOEXEC, attrs);
		err = mnt < 0 ? -errno : 0;
	}
	close(fs);
	return err ? err : mnt;
}

static bool has_layers(struct list options)
{
	const char *option;

	while (list_str(&options, &option))
		if (is_layer(option))
			return true;
	return false;
}

/*
 * Before Linux 6.8 an overlay takes all its lower directories in one value, which fsconfig limits to 255 bytes. So each is named
 * by a descriptor, relative to the directory of descriptors: two or three bytes and a colon.
 */
static int make_joined(const char *type, struct list options, unsigned attrs)
{
	int fds[LAYERS_MAX], count = 0, err = 0, old = open(".", O_PATH | O_CLOEXEC);
	char value[OPTION_VALUE_MAX + 1];
	struct list layers = options;
	const char *option;
	struct text joined;

	if (old < 0)
		return -errno;
	text_init(&joined, value, sizeof value);
	while (!err && list_str(&layers, &option)) {
		if (!is_layer(option))
			continue;
		if (count == LAYERS_MAX || joined.len + 6 > OPTION_VALUE_MAX) {
			fail_detail("this kernel takes fewer layers; Linux 6.8 takes more");
			err = -E2BIG;
			break;
		}
		fds[count] = open(option + sizeof LAYER - 1, O_PATH | O_CLOEXEC);
		err = fds[count] < 0 ? -errno : 0;
		if (!err) {
			text_add(&joined, count ? ":" : "");
			text_num(&joined, (uint64_t)fds[count++]);
		} else {
			fail_detail(option);
		}
	}
	if (!err)
		err = chdir("/proc/self/fd") ? -errno : make_mount(type, options, value, attrs);
	while (count > 0)
		close(fds[--count]);
	if (fchdir(old) && err >= 0)
		err = -errno;
	close(old);
	return err;
}

int op_new_mount(struct op *op)
{
	uint64_t slot = op_int(op);
	const char *type = op_str(op);
	struct list options = op_list(op);
	unsigned attrs = (unsigned)op_int(op);
	int mnt;

	fail_path(type);
	mnt = make_mount(type, options, NULL, attrs);
	if (mnt == -EINVAL && has_layers(options))
		mnt = make_joined(type, options, attrs);
	return mnt < 0 ? mnt : slot_set(slot, mnt);
}
