/* The container's standard streams: sources to log and clients, and the one sink that clients' input goes to. */
#include "keeper.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Reads this close to each other, so many of them, are a stream; at 500 MB/s a nap is 150 KB of a pipe of 256. */
enum { BUSY_NS = 200000, BUSY_READS = 8, NAP_NS = 300000 };

static struct {
	int fd; /* -1 ended */
	bool watched;
} source[2] = {{.fd = -1}, {.fd = -1}};

static struct {
	int fd;
	bool watched, ending;
	size_t len, at; /* of pending */
} sink = {.fd = -1};

static char io[IO_CAP] __attribute__((aligned(4096)));
static char pending[2 * STDIN_CHUNK] __attribute__((aligned(4096)));

char *io_buffer(void)
{
	return io;
}

/* Whole pages inside the range go back to the kernel and read as zeros from then on. */
void release_pages(void *start, size_t len)
{
	uintptr_t from = ((uintptr_t)start + 4095) & ~(uintptr_t)4095, to = ((uintptr_t)start + len) & ~(uintptr_t)4095;

	if (to > from)
		madvise((void *)from, to - from, MADV_DONTNEED);
}

static void watch(int fd, uint32_t tag, uint32_t events, bool *watched)
{
	struct epoll_event e = {.events = events, .data.u32 = tag};
	bool on = events != 0;

	if (on == *watched)
		return;
	epoll_ctl(K.epoll, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, fd, &e);
	*watched = on;
}

void sources_refresh(void)
{
	bool read_on = !clients_are_behind();

	for (int i = 0; i < 2; i++)
		if (source[i].fd >= 0)
			watch(source[i].fd, TAG_STDOUT + (uint32_t)i, read_on ? EPOLLIN : 0, &source[i].watched);
}

void streams_open(void)
{
	if (K.plan.set.stdio == STDIO_TERMINAL) {
		source[0].fd = K.master;
		sink.fd = K.plan.set.stdin_mode == STDIN_CLOSED || K.master < 0 ? -1 : dup(K.master);
	} else {
		source[0].fd = K.ends[1];
		source[1].fd = K.ends[2];
		sink.fd = K.ends[0];
	}
	sources_refresh();
}

static void end_source(int i)
{
	watch(source[i].fd, 0, 0, &source[i].watched);
	close(source[i].fd);
	if (source[i].fd == K.master)
		K.master = -1;
	source[i].fd = -1;
}

/* Reads once. Returns how much; 0 when there is nothing more, now or ever; below 0 when it is worth another try. */
static ssize_t pump(int i)
{
	ssize_t n = read(source[i].fd, io, sizeof io);

	if (n < 0 && errno == EINTR)
		return n;
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0) { /* a terminal without processes fails with EIO */
		end_source(i);
		return 0;
	}
	log_write(i, io, (size_t)n);
	clients_output(i, io, (size_t)n);
	return n;
}

/*
 * A program that writes without pause in small pieces would be woken for each, and would wake the keeper with each. Nothing
 * waits for the output but the log: then the keeper lets some gather in the pipe, which is much larger than what comes
 * meanwhile.
 */
static void let_gather(ssize_t n)
{
	static const struct timespec nap = {.tv_nsec = NAP_NS};
	static uint64_t last;
	static unsigned streak;
	uint64_t now = now_ns();

	streak = n > 0 && now - last < BUSY_NS ? streak + 1 : 0;
	if (streak >= BUSY_READS && (size_t)n < sizeof io / 2 && !clients_attached()) {
		nanosleep(&nap, NULL);
		now = now_ns();
	}
	last = now;
}

void source_event(int i)
{
	if (source[i].fd < 0)
		return;
	let_gather(pump(i));
	sources_refresh();
}

/* After the exit: what is in the pipes now. A bound, in case a process that survived writes on and on. */
void streams_drain(void)
{
	for (int i = 0; i < 2; i++) {
		for (int rounds = 0; source[i].fd >= 0 && rounds < 256 && pump(i); rounds++)
			;
		if (source[i].fd >= 0)
			end_source(i);
	}
	sink.ending = true;
	sink.len = 0;
	stdin_end();
}

bool stdin_is_full(void)
{
	return sink.len > 0;
}

bool stdin_is_closed(void)
{
	return sink.fd < 0;
}

static void close_sink(void)
{
	if (sink.fd < 0)
		return;
	watch(sink.fd, TAG_STDIN, 0, &sink.watched);
	close(sink.fd);
	sink.fd = -1;
	sink.len = 0;
	clients_refresh();
}

/* Ends the container's input once everything that was accepted has been written. */
void stdin_end(void)
{
	sink.ending = true;
	if (!sink.len)
		close_sink();
}

/* Only called while nothing is pending beyond the chunk being passed on, so that pending always has room. */
void stdin_write(const void *data, size_t len)
{
	ssize_t n = 0;

	if (sink.fd < 0 || !len)
		return;
	if (!sink.len) {
		n = write(sink.fd, data, len);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			close_sink(); /* nobody reads it any more */
			return;
		}
		n = n < 0 ? 0 : n;
		sink.at = 0;
	}
	len -= (size_t)n;
	if (!len || sink.at + sink.len + len > sizeof pending)
		return;
	memcpy(pending + sink.at + sink.len, (const char *)data + n, len);
	sink.len += len;
	watch(sink.fd, TAG_STDIN, EPOLLOUT, &sink.watched);
	clients_refresh();
}

void stdin_event(void)
{
	ssize_t n;

	if (sink.fd < 0)
		return;
	n = sink.len ? write(sink.fd, pending + sink.at, sink.len) : 0;
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			close_sink();
		return;
	}
	sink.at += (size_t)n;
	sink.len -= (size_t)n;
	if (sink.len)
		return;
	watch(sink.fd, TAG_STDIN, 0, &sink.watched);
	if (sink.ending)
		close_sink();
	else
		clients_refresh();
}

void streams_rest(void)
{
	release_pages(io, sizeof io);
	if (!sink.len)
		release_pages(pending, sizeof pending);
}
