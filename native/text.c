/* Text, numbers, clocks and whole reads and writes, without stdio. */
#include "keeper.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void text_init(struct text *t, char *buf, size_t cap)
{
	t->buf = buf;
	t->len = 0;
	t->cap = cap;
	buf[0] = 0;
}

void text_bytes(struct text *t, const void *data, size_t len)
{
	size_t room = t->cap - 1 - t->len;

	if (len > room)
		len = room;
	memcpy(t->buf + t->len, data, len);
	t->len += len;
	t->buf[t->len] = 0;
}

void text_add(struct text *t, const char *s)
{
	text_bytes(t, s, strlen(s));
}

void text_num(struct text *t, uint64_t n)
{
	char digits[20];
	size_t i = sizeof digits;

	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	text_bytes(t, digits + i, sizeof digits - i);
}

int parse_number(const char *s, uint64_t *out)
{
	uint64_t n = 0;
	const char *start = s;

	for (; *s >= '0' && *s <= '9'; s++) {
		if (n > (UINT64_MAX - 9) / 10)
			return -ERANGE;
		n = n * 10 + (uint64_t)(*s - '0');
	}
	*out = n;
	return s == start ? -EINVAL : 0;
}

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* 0, or -errno; -EPIPE when the stream ends early. */
int read_all(int fd, void *buf, size_t len)
{
	char *p = buf;

	while (len) {
		ssize_t n = read(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EPIPE;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Reads up to cap - 1 bytes and terminates them: for files of /proc, /sys and control groups. */
ssize_t read_small(int fd, char *buf, size_t cap)
{
	size_t len = 0;

	while (len < cap - 1) {
		ssize_t n = read(fd, buf + len, cap - 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	buf[len] = 0;
	return (ssize_t)len;
}

void fail_path(const char *path)
{
	struct text t;

	text_init(&t, K.fail.path, sizeof K.fail.path);
	text_add(&t, path);
}

void fail_detail(const char *s)
{
	struct text t;

	text_init(&t, K.fail.detail, sizeof K.fail.detail);
	text_add(&t, s);
}
