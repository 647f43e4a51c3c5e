/*
 * The host's own /proc and /sys, out of reach before the root is moved instead of pivoted: chroot(2) leaves them in the mount
 * namespace, and as long as one is there in full, the kernel lets the container mount others without what is masked in its own.
 */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

enum { TABLE_MAX = 4 << 20 };

/* All of a file, with a zero byte behind it; NULL with errno set. The mapping is left to the exec. */
static char *read_table(const char *path)
{
	char *text = mmap(NULL, TABLE_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 0;

	if (text == MAP_FAILED || fd < 0)
		return NULL;
	while (len < TABLE_MAX - 1 && (n = read(fd, text + len, TABLE_MAX - 1 - len)) > 0)
		len += (size_t)n;
	if (n > 0)
		errno = EOVERFLOW; /* what is left unread would stay within reach */
	close(fd);
	return n ? NULL : text;
}

/* "\040" and so on, in place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] && s[3]) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = 0;
}

/* id parent device root place options ... - type source options: the place, when it is a procfs or sysfs in full. */
static char *full_view(char *line)
{
	char *type = strstr(line, " - "), *field[5], *save = NULL;

	if (!type || (strncmp(type + 3, "proc ", 5) && strncmp(type + 3, "sysfs ", 6)))
		return NULL;
	for (int i = 0; i < 5; i++) {
		field[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!field[i])
			return NULL;
	}
	unescape(field[4]);
	return strcmp(field[3], "/") ? NULL : field[4];
}

static bool is_beneath(const char *path, const char *top)
{
	size_t len = strlen(top);

	return len > 1 && !strncmp(path, top, len) && (path[len] == '/' || !path[len]);
}

/* Takes one away; where the container's user may not, it is covered. What went with another is no error. */
static int hide(const char *place)
{
	fail_path(place);
	if (mount("", place, NULL, MS_SLAVE | MS_REC, NULL))
		return errno == ENOENT ? 0 : -errno;
	if (umount2(place, MNT_DETACH) == 0)
		return 0;
	if (errno != EINVAL && errno != EPERM)
		return -errno;
	return mount("tmpfs", place, "tmpfs", 0, "") ? -errno : 0;
}

/* `root`: the container's, whose own mounts stay. */
int hide_host_views(int root)
{
	char link[64], top[4096], *text = read_table("/proc/self/mountinfo"), *save = NULL;
	struct text t;
	ssize_t n;
	int err = 0;

	if (!text)
		return -errno;
	text_init(&t, link, sizeof link);
	text_add(&t, "/proc/self/fd/");
	text_num(&t, (uint64_t)root);
	n = readlink(link, top, sizeof top - 1);
	if (n < 0)
		return -errno;
	top[n] = 0;
	for (char *line = strtok_r(text, "\n", &save); line && !err; line = strtok_r(NULL, "\n", &save)) {
		char *place = full_view(line);

		if (place && !is_beneath(place, top))
			err = hide(place);
	}
	return err;
}
