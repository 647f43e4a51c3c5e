/*
 * Log messages to a socket: syslog, the journal. TypeScript wrote what stands around the text; only the time is filled in here.
 * One message is one datagram, or a counted or terminated piece of a stream.
 *
 * The place must be there at the start. When it goes away later, connecting is tried again at most once a second and what comes
 * meanwhile is left out; one that does not take a message within a second loses it: a log must not stop its container.
 *
 * With a buffer (mode=non-blocking) nothing waits, not even a second: what the place does not take at once is kept in the buffer
 * until it does, and messages that find no room there are left out.
 */
#include "keeper.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { SEND_SECONDS = 1, CONNECT_AGAIN_NS = 1000000000 };

static int sock = -1;
static uint64_t tried_ns;

/* What waits to be sent: bytes for a stream, for datagrams each with its length before it. */
static struct {
	char *data;
	size_t begin, end;
	bool watched; /* epoll tells when more can be sent */
} queue;

static bool is_stream(void)
{
	return K.plan.set.forward_kind == FORWARD_UNIX_STREAM || K.plan.set.forward_kind == FORWARD_TCP;
}

static socklen_t address_of(struct sockaddr_storage *out)
{
	const struct settings *s = &K.plan.set;
	struct sockaddr_un *name = (void *)out;
	struct sockaddr_in *v4 = (void *)out;
	struct sockaddr_in6 *v6 = (void *)out;

	memset(out, 0, sizeof *out);
	if (s->forward_kind == FORWARD_UNIX_DATAGRAM || s->forward_kind == FORWARD_UNIX_STREAM) {
		if (strlen(s->forward_address) >= sizeof name->sun_path)
			return 0;
		name->sun_family = AF_UNIX;
		strcpy(name->sun_path, s->forward_address);
		return sizeof *name;
	}
	if (inet_pton(AF_INET, s->forward_address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)s->forward_port);
		return sizeof *v4;
	}
	if (inet_pton(AF_INET6, s->forward_address, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)s->forward_port);
		return sizeof *v6;
	}
	return 0;
}

int forward_open(void)
{
	const struct settings *s = &K.plan.set;
	bool stream = is_stream();
	struct timeval limit = {.tv_sec = SEND_SECONDS};
	struct sockaddr_storage address;
	socklen_t size;
	int err = 0;

	if (s->forward_kind == FORWARD_NONE)
		return 0;
	fail_path(s->forward_address);
	size = address_of(&address);
	if (!size)
		return -EINVAL;
	sock = socket(address.ss_family, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit); /* also of connect */
	if (s->forward_buffer && tried_ns) /* not at the start, which is to fail where nobody listens */
		fcntl(sock, F_SETFL, O_NONBLOCK);
	if (connect(sock, (struct sockaddr *)&address, size) && !(s->forward_buffer && tried_ns && errno == EINPROGRESS))
		err = errno == EINPROGRESS ? -ETIMEDOUT : -errno;
	if (err)
		forward_close();
	return err;
}

void forward_close(void)
{
	if (sock >= 0)
		close(sock);
	sock = -1;
	/* its beginning may be half a message by now */
	queue.begin = queue.end = 0;
	queue.watched = false;
}

static void watch_queue(bool on)
{
	struct epoll_event e = {.events = EPOLLOUT, .data.u32 = TAG_FORWARD};

	if (on != queue.watched && !epoll_ctl(K.epoll, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, sock, &e))
		queue.watched = on;
}

/* Room for so many bytes behind what waits, or NULL. */
static char *queue_room(size_t len)
{
	size_t cap = K.plan.set.forward_buffer;

	if (!queue.data) {
		queue.data = mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (queue.data == MAP_FAILED)
			queue.data = NULL;
	}
	if (!queue.data || queue.end - queue.begin + len > cap)
		return NULL;
	if (queue.end + len > cap) {
		memmove(queue.data, queue.data + queue.begin, queue.end - queue.begin);
		queue.end -= queue.begin;
		queue.begin = 0;
	}
	queue.end += len;
	return queue.data + queue.end - len;
}

/* Keeps a message for later, without the bytes that were sent already. Returns false when there is no room. */
static bool keep(const struct iovec *iov, size_t count, size_t total, size_t sent)
{
	uint32_t left = (uint32_t)(total - sent);
	char *to = queue_room(left + (is_stream() ? 0 : sizeof left));

	if (!to)
		return false;
	if (!is_stream()) {
		memcpy(to, &left, sizeof left);
		to += sizeof left;
	}
	for (size_t i = 0; i < count; i++) {
		size_t skip = sent < iov[i].iov_len ? sent : iov[i].iov_len;

		memcpy(to, (char *)iov[i].iov_base + skip, iov[i].iov_len - skip);
		to += iov[i].iov_len - skip;
		sent -= skip;
	}
	watch_queue(true);
	return true;
}

/* Sends what waits, as much as is taken at once. */
void forward_writable(void)
{
	while (sock >= 0 && queue.begin < queue.end) {
		size_t head = is_stream() ? 0 : sizeof(uint32_t), len = queue.end - queue.begin;
		uint32_t first = 0;
		ssize_t n;

		if (head) {
			memcpy(&first, queue.data + queue.begin, head);
			len = first;
		}
		n = send(sock, queue.data + queue.begin + head, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == ENOBUFS))
			return;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && !(head && errno == EMSGSIZE)) {
			forward_close();
			return;
		}
		queue.begin += head ? head + len : (size_t)n;
	}
	if (sock >= 0)
		watch_queue(false);
	if (queue.data)
		release_pages(queue.data, K.plan.set.forward_buffer);
	queue.begin = queue.end = 0;
}

/* The last chance of what still waits. */
void forward_drain(void)
{
	uint64_t until = now_ns() + SEND_SECONDS * 1000000000ull;

	while (sock >= 0 && queue.begin < queue.end && now_ns() < until) {
		struct pollfd p = {.fd = sock, .events = POLLOUT};

		poll(&p, 1, 100);
		forward_writable();
	}
}

/* "Jan  2 15:04:05" in local time, or "2026-01-02T03:04:05.123456Z". */
static size_t format_time(char *out, size_t cap, uint64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000);
	struct tm t;

	if (K.plan.set.forward_time == FORWARD_NO_TIME)
		return 0;
	if (K.plan.set.forward_time == FORWARD_RFC3164) {
		localtime_r(&seconds, &t);
		return strftime(out, cap, "%b %e %H:%M:%S", &t);
	}
	gmtime_r(&seconds, &t);
	return strftime(out, cap, "%Y-%m-%dT%H:%M:%S", &t) +
	       (size_t)snprintf(out + 19, cap - 19, ".%06uZ", (unsigned)(ns % 1000000000 / 1000));
}

static struct iovec piece(const void *data, size_t len)
{
	return (struct iovec){(void *)(uintptr_t)data, len};
}

/* Sends a message, keeps it, or leaves it out; never waits. */
static void send_or_keep(struct iovec *iov, size_t count, size_t total)
{
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = count};
	ssize_t n = -1;

	errno = EAGAIN;
	if (queue.begin == queue.end)
		n = sendmsg(sock, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n == (ssize_t)total || (n < 0 && errno == EMSGSIZE))
		return;
	if (n < 0 && errno != EAGAIN && errno != ENOBUFS && errno != EINTR) {
		forward_close();
		return;
	}
	/* half a message spoils a stream */
	if (!keep(iov, count, total, n < 0 ? 0 : (size_t)n) && n > 0)
		forward_close();
}

static bool send_all(struct iovec *iov, size_t count)
{
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = count};

	while (m.msg_iovlen) {
		ssize_t n = sendmsg(sock, &m, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		while (m.msg_iovlen && (size_t)n >= m.msg_iov->iov_len) {
			n -= (ssize_t)m.msg_iov->iov_len;
			m.msg_iov++;
			m.msg_iovlen--;
		}
		if (m.msg_iovlen) {
			m.msg_iov->iov_base = (char *)m.msg_iov->iov_base + n;
			m.msg_iov->iov_len -= (size_t)n;
		}
	}
	return true;
}

void forward_message(int stream, const char *data, size_t len, bool end, uint64_t ns)
{
	const struct settings *s = &K.plan.set;
	struct blob tail = end ? s->forward_tail : s->forward_part_tail;
	char when[40], count[24];
	size_t when_len, total = 0;
	struct iovec iov[6];

	if (s->forward_kind == FORWARD_NONE)
		return;
	if (sock < 0 && ns - tried_ns >= CONNECT_AGAIN_NS) {
		tried_ns = ns;
		forward_open();
	}
	if (sock < 0)
		return;
	when_len = format_time(when, sizeof when, ns);
	iov[1] = piece(s->forward_heads[stream].data, s->forward_heads[stream].len);
	iov[2] = piece(when, when_len);
	iov[3] = piece(s->forward_middle.data, s->forward_middle.len);
	iov[4] = piece(data, len);
	iov[5] = piece(tail.data, tail.len);
	for (int i = 1; i < 6; i++)
		total += iov[i].iov_len;
	iov[0] = piece(count, s->forward_counted ? (size_t)snprintf(count, sizeof count, "%zu ", total) : 0);
	if (s->forward_buffer) {
		send_or_keep(iov, 6, total + iov[0].iov_len);
		return;
	}
	/* half a message spoils a stream; a datagram too long for the other side spoils nothing */
	if (!send_all(iov, 6) && errno != EMSGSIZE)
		forward_close();
}
