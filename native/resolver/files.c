/* The directory with one file per container: read at the start, then followed. */
#include "resolver.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 20 };

static struct watch changes;
static int directory;
static const char *boot;

static bool is_id(const char *name)
{
	return strspn(name, "0123456789abcdef") == ID_LEN && !name[ID_LEN];
}

static void load(const char *id)
{
	int fd = openat(directory, id, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	char *text = NULL;
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0) {
		if (errno == ENOENT)
			table_drop(id);
		return;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < FILE_MAX)
		text = malloc((size_t)st.st_size + 1);
	while (text && len < (size_t)st.st_size && (n = read(fd, text + len, (size_t)st.st_size - len)) > 0)
		len += (size_t)n;
	close(fd);
	if (!text)
		return;
	text[len] = 0;
	table_load(id, text, len, boot);
}

static void mark_all(bool listed)
{
	for (struct container *c = containers; c; c = c->next)
		c->listed = listed;
}

/* Reads everything: at the start, and when events were lost. */
static void scan(void)
{
	DIR *dir;
	struct dirent *e;
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return;
	mark_all(false);
	while ((e = readdir(dir)))
		if (is_id(e->d_name))
			load(e->d_name);
	closedir(dir);
	for (struct container *c = containers, *next; c; c = next) {
		next = c->next;
		if (!c->listed)
			table_drop(c->id);
	}
	table_changed();
}

static void on_change(struct watch *w, uint32_t events)
{
	char buf[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n;

	(void)events;
	while ((n = read(w->fd, buf, sizeof buf)) > 0)
		for (char *at = buf; at < buf + n;) {
			struct inotify_event *e = (void *)at;

			at += sizeof *e + e->len;
			if (e->mask & IN_Q_OVERFLOW)
				scan();
			else if (e->len && is_id(e->name))
				load(e->name);
		}
}

void files_load(const char *id)
{
	load(id);
}

/* The watch is set before the directory is read, so that nothing is missed. The directory is the working directory. */
void files_watch(int dir, const char *boot_id)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	directory = dir;
	boot = boot_id;
	if (fd < 0 || inotify_add_watch(fd, ".", IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR) < 0)
		_exit(1);
	watch_start(&changes, fd, EPOLLIN, on_change);
	scan();
}
