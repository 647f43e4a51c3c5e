/*
 * Clients of the control socket. A connection starts with one request frame; `attach` turns it into a raw stream,
 * `wait` leaves it open until the exit, everything else is answered at once and may be followed by more requests.
 *
 * Output goes to a client directly; what its socket does not take is kept, and the container's streams are not read
 * again before every client has taken what is kept: nothing is lost, memory is bounded, a slow client slows down.
 */
#include "keeper.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

enum { REQUEST_MAX = 64, WANT_STDIN = 1, WANT_STDOUT = 2, WANT_STDERR = 4 };
enum client_state { FREE, REQUEST, ATTACHED, WATCHING, CLOSING };

struct client {
	int fd;
	enum client_state state;
	uint8_t wants, request[REQUEST_MAX];
	struct detach detach;
	uint32_t request_len, events;
	bool acknowledges, told, input_ended;
	char *kept; /* output the socket did not take yet */
	size_t kept_len, kept_at, kept_cap;
};

static struct client clients[CLIENTS_MAX];
static unsigned kept_count; /* clients with kept output */
static bool acknowledged; /* somebody took note of the exit */

static void watch(struct client *c, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.u32 = (uint32_t)(TAG_CLIENT + (c - clients))};

	if (events == c->events)
		return;
	epoll_ctl(K.epoll, !c->events ? EPOLL_CTL_ADD : !events ? EPOLL_CTL_DEL : EPOLL_CTL_MOD, c->fd, &e);
	c->events = events;
}

static void refresh(struct client *c)
{
	uint32_t events = c->kept_len ? EPOLLOUT : 0;

	if (c->state == REQUEST || c->state == WATCHING)
		events |= EPOLLIN;
	else if (c->state == ATTACHED && !c->input_ended && !stdin_is_full())
		events |= EPOLLIN;
	else if (c->state == ATTACHED && c->input_ended)
		events |= EPOLLERR; /* only to learn that it has gone */
	watch(c, events);
}

void clients_refresh(void)
{
	for (struct client *c = clients; c < clients + CLIENTS_MAX; c++)
		if (c->state == ATTACHED)
			refresh(c);
}

static void drop(struct client *c)
{
	bool attached = c->state == ATTACHED, had_stdin = attached && c->wants & WANT_STDIN;

	if (c->kept_len)
		kept_count--;
	if (c->kept)
		munmap(c->kept, c->kept_cap);
	watch(c, 0);
	close(c->fd);
	memset(c, 0, sizeof *c);
	if (had_stdin && K.plan.set.stdin_mode == STDIN_ONCE && K.plan.set.stdio != STDIO_TERMINAL)
		stdin_end();
	sources_refresh();
}

bool clients_attached(void)
{
	for (struct client *c = clients; c < clients + CLIENTS_MAX; c++)
		if (c->state == ATTACHED)
			return true;
	return false;
}

bool clients_are_behind(void)
{
	return kept_count > 0;
}

static int keep(struct client *c, const char *data, size_t len)
{
	if (c->kept_at) {
		memmove(c->kept, c->kept + c->kept_at, c->kept_len);
		c->kept_at = 0;
	}
	if (c->kept_len + len > c->kept_cap) {
		size_t cap = (c->kept_len + len + 65535) & ~(size_t)65535;
		char *p = c->kept ? mremap(c->kept, c->kept_cap, cap, MREMAP_MAYMOVE)
				  : mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return -ENOMEM;
		c->kept = p;
		c->kept_cap = cap;
	}
	if (!c->kept_len)
		kept_count++;
	memcpy(c->kept + c->kept_len, data, len);
	c->kept_len += len;
	return 0;
}

/* Sends head and data, keeping what does not go. */
static void send_to(struct client *c, const void *head, size_t head_len, const char *data, size_t len)
{
	struct iovec iov[2] = {{(void *)(uintptr_t)head, head_len}, {(void *)(uintptr_t)data, len}};
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = 2};
	ssize_t n = c->kept_len ? 0 : sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	size_t sent = n > 0 ? (size_t)n : 0;
	int err = n < 0 && errno != EAGAIN && errno != EINTR ? -errno : 0;

	if (!err && sent < head_len)
		err = keep(c, (const char *)head + sent, head_len - sent);
	sent = sent > head_len ? sent - head_len : 0;
	if (!err && sent < len)
		err = keep(c, data + sent, len - sent);
	if (err)
		drop(c);
	else if (c->kept_len)
		refresh(c);
}

/* What a stream (0 stdout or terminal, 1 stderr) has said, to everybody who wants it. */
void clients_output(int stream, const char *data, size_t len)
{
	uint8_t want = stream ? WANT_STDERR : WANT_STDOUT;
	uint8_t head[8] = {(uint8_t)(stream + 1), 0, 0, 0, (uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8),
			   (uint8_t)len};
	bool tty = K.plan.set.stdio == STDIO_TERMINAL;

	for (struct client *c = clients; c < clients + CLIENTS_MAX; c++)
		if (c->state == ATTACHED && c->wants & want)
			send_to(c, head, tty ? 0 : sizeof head, data, len);
}

static void flush_kept(struct client *c)
{
	ssize_t n = send(c->fd, c->kept + c->kept_at, c->kept_len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			drop(c);
		return;
	}
	c->kept_at += (size_t)n;
	c->kept_len -= (size_t)n;
	if (c->kept_len)
		return;
	kept_count--;
	munmap(c->kept, c->kept_cap);
	c->kept = NULL;
	c->kept_at = c->kept_cap = 0;
	if (c->state == CLOSING) {
		drop(c);
		return;
	}
	refresh(c);
	sources_refresh();
}

static void reply(struct client *c, char type, const void *data, size_t len)
{
	uint32_t size = (uint32_t)len + 1;
	uint8_t head[5];

	memcpy(head, &size, 4);
	head[4] = (uint8_t)type;
	send_to(c, head, sizeof head, data, len);
}

static void reply_errno(struct client *c, int err)
{
	uint32_t e = (uint32_t)-err;

	reply(c, err ? CTL_ERROR : CTL_OK, &e, err ? sizeof e : 0);
}

static void attach(struct client *c, const uint8_t *data, uint32_t len)
{
	uint8_t position[12];
	uint32_t generation;
	uint64_t size = log_position(&generation);

	c->wants = data[0];
	c->detach.len = (uint8_t)(len - 1);
	memcpy(c->detach.keys, data + 1, len - 1);
	memcpy(position, &size, 8);
	memcpy(position + 8, &generation, 4);
	c->state = ATTACHED;
	c->input_ended = !(c->wants & WANT_STDIN) || stdin_is_closed();
	reply(c, CTL_OK, position, sizeof position);
	if (c->state == ATTACHED)
		refresh(c);
}

static void request(struct client *c, uint8_t type, const uint8_t *data, uint32_t len)
{
	struct winsize size = {0};
	int signal_number;

	switch (type) {
	case CTL_ATTACH:
		if (len < 1 || len - 1 > DETACH_KEYS_MAX)
			reply_errno(c, -EINVAL);
		else
			attach(c, data, len);
		break;
	case CTL_RESIZE:
		if (len != 4) {
			reply_errno(c, -EINVAL);
			break;
		}
		memcpy(&size.ws_row, data, 2);
		memcpy(&size.ws_col, data + 2, 2);
		reply_errno(c, K.master < 0 ? -ENOTTY : ioctl(K.master, TIOCSWINSZ, &size) ? -errno : 0);
		break;
	case CTL_SIGNAL:
		if (len != 4 || !K.started) {
			reply_errno(c, -EINVAL);
			break;
		}
		memcpy(&signal_number, data, 4);
		reply_errno(c, syscall(SYS_pidfd_send_signal, K.pidfd, signal_number, NULL, 0) ? -errno : 0);
		break;
	case CTL_CLOSE_STDIN:
		stdin_end();
		reply_errno(c, 0);
		break;
	case CTL_NAMES:
		reply_errno(c, names_start());
		break;
	case CTL_WAIT:
		c->acknowledges = len == 1 && data[0];
		c->state = WATCHING;
		reply_errno(c, 0);
		break;
	default:
		reply_errno(c, -EINVAL);
	}
}

/* Reads exactly one frame, so that raw input behind an attach request stays in the socket. */
static void read_request(struct client *c)
{
	uint32_t size = 0, need;
	ssize_t n;

	memcpy(&size, c->request, 4);
	need = c->request_len < 4 ? 4 : 4 + size;
	if (c->request_len >= 4 && (size < 1 || need > REQUEST_MAX)) {
		drop(c);
		return;
	}
	n = recv(c->fd, c->request + c->request_len, need - c->request_len, MSG_DONTWAIT);
	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			drop(c);
		return;
	}
	c->request_len += (uint32_t)n;
	if (c->request_len == 4) {
		read_request(c);
	} else if (c->request_len > 4 && c->request_len == need) {
		uint8_t frame[REQUEST_MAX];

		memcpy(frame, c->request, need);
		c->request_len = 0;
		request(c, frame[4], frame + 5, size - 1);
	}
}

static void read_input(struct client *c)
{
	char *buf = io_buffer();
	ssize_t n = recv(c->fd, buf, STDIN_CHUNK, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		drop(c);
	} else if (n == 0) {
		c->input_ended = true;
		if (K.plan.set.stdin_mode == STDIN_ONCE && K.plan.set.stdio != STDIO_TERMINAL)
			stdin_end();
		refresh(c);
	} else if (pass_input(&c->detach, (uint8_t *)buf, (size_t)n)) {
		drop(c);
	}
}

void client_event(unsigned number, uint32_t events)
{
	struct client *c = &clients[number];

	if (c->state == FREE)
		return;
	if (events & EPOLLOUT && c->kept_len)
		flush_kept(c);
	if (c->state == REQUEST && events & EPOLLIN)
		read_request(c);
	else if (c->state == ATTACHED && events & EPOLLIN)
		read_input(c);
	else if (c->state == WATCHING && events & EPOLLIN) {
		char ack[8];
		ssize_t n = recv(c->fd, ack, sizeof ack, MSG_DONTWAIT);

		acknowledged |= n > 0 && c->told;
		if (n >= 0 || (errno != EAGAIN && errno != EINTR))
			drop(c);
	} else if (events & (EPOLLHUP | EPOLLERR) && c->state != FREE) {
		drop(c);
	}
}

/* Takes a non-blocking connection over. */
static void add(int fd, enum client_state state)
{
	for (struct client *c = clients; c < clients + CLIENTS_MAX; c++)
		if (c->state == FREE) {
			*c = (struct client){.fd = fd, .state = state, .acknowledges = state == WATCHING};
			refresh(c);
			return;
		}
	close(fd);
}

void client_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		add(fd, REQUEST);
}

/* Whoever started the process watches it from its first moment on, for as long as it keeps the channel. */
void client_watches(int fd)
{
	add(fd, WATCHING);
}

/* The exit, to everybody: watchers get the record, attached clients what is still kept for them, then the end. */
void clients_finish(const char *record, size_t len)
{
	for (struct client *c = clients; c < clients + CLIENTS_MAX; c++) {
		bool stay = false;

		if (c->state == FREE)
			continue;
		if (c->state == WATCHING) {
			c->told = true;
			reply(c, CTL_EXIT, record, len);
			stay = c->acknowledges;
		}
		if (c->state == FREE || stay)
			continue;
		if (c->kept_len) {
			c->state = CLOSING;
			refresh(c);
		} else {
			drop(c);
		}
	}
}

/* True while a watcher that promised to acknowledge has not yet, and is still there. */
bool clients_owe_answer(void)
{
	for (struct client *c = clients; c < clients + CLIENTS_MAX; c++)
		if (c->state == WATCHING && c->told)
			return true;
	return false;
}

bool clients_acknowledged(void)
{
	return acknowledged;
}
