/* Keepers, the sockets they hand over, and the clients at these. */
#include "resolver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
	ROUND_MAX = 64,	     /* datagrams of one container before the others have their turn */
	TCP_MAX = 512,	     /* connections in all */
	TCP_EACH = 32,	     /* connections of one container */
	TCP_OUTSTANDING = 8, /* queries of one connection that wait for others */
	TCP_IDLE_MS = 10000,
	HELLO_MS = 5000,
};

struct keeper {
	struct watch connection, udp, tcp;
	struct keeper *next;
	struct container *container;
	uint64_t hello_until;
	unsigned clients;
};

struct tcp_client {
	struct watch w;
	struct tcp_client *next;
	struct keeper *keeper;
	uint64_t number, idle_at;
	uint8_t head[2], *in, *out;
	size_t have, out_len, out_at; /* have counts the head too */
	unsigned outstanding;
	bool ended;
};

static struct watch listening;
static struct keeper *keepers;
static struct tcp_client *clients;
static unsigned client_count;
static uint64_t last_number, linger, idle_since;
static uint8_t incoming[MESSAGE_MAX + 1], outgoing[MESSAGE_MAX];
static const struct container nobody;

#define KEEPER_OF(w, member) ((struct keeper *)(void *)((char *)(w) - offsetof(struct keeper, member)))

static void tcp_refresh(struct tcp_client *t)
{
	uint32_t events = t->out ? EPOLLOUT : 0;

	if (!t->ended && !t->out && t->outstanding < TCP_OUTSTANDING)
		events |= EPOLLIN;
	watch_change(&t->w, events);
}

static void tcp_drop(struct tcp_client *t)
{
	for (struct tcp_client **at = &clients; *at; at = &(*at)->next)
		if (*at == t) {
			*at = t->next;
			break;
		}
	forward_abandon(t->keeper, t->number);
	watch_stop(&t->w);
	t->keeper->clients--;
	client_count--;
	free(t->in);
	free(t->out);
	free_later(t);
}

/* Writes what the socket takes. False when the connection has gone. */
static bool tcp_write(struct tcp_client *t)
{
	while (t->out && t->out_at < t->out_len) {
		ssize_t n = send(t->w.fd, t->out + t->out_at, t->out_len - t->out_at, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n < 0)
			return false;
		t->out_at += (size_t)n;
	}
	free(t->out);
	t->out = NULL;
	t->out_len = t->out_at = 0;
	return true;
}

static bool tcp_send(struct tcp_client *t, const uint8_t *message, size_t len)
{
	uint8_t *more = realloc(t->out, t->out_len + 2 + len);

	if (!more)
		return false;
	t->out = more;
	put16(more + t->out_len, (uint16_t)len);
	memcpy(more + t->out_len + 2, message, len);
	t->out_len += 2 + len;
	t->idle_at = now_ms + TCP_IDLE_MS;
	return tcp_write(t);
}

static bool tcp_is_done(const struct tcp_client *t)
{
	return t->ended && !t->outstanding && !t->out;
}

/* Answers now or forwards; false when nothing will come. */
static bool take_query(struct keeper *k, const struct client *from, const uint8_t *query, size_t len, size_t *answer_len)
{
	const struct container *asker = k->container ? k->container : &nobody;
	struct question q;
	enum verdict verdict = answer(asker, query, len, from->tcp != 0, &q, outgoing, answer_len);

	if (verdict == FORWARD) {
		*answer_len = 0;
		forward(k, asker, from, query, len, &q);
	}
	return verdict != DROP;
}

/* One whole query of a connection. False when the connection is to be dropped. */
static bool tcp_query(struct tcp_client *t, const uint8_t *query, size_t len)
{
	struct client from = {.tcp = t->number};
	size_t n;

	t->outstanding++;
	if (!take_query(t->keeper, &from, query, len, &n))
		return false;
	if (!n)
		return true; /* serve_reply will come, or has come */
	t->outstanding--;
	return tcp_send(t, outgoing, n);
}

/* Reads until there is a query, or nothing more for now. False when the connection is to be dropped. */
static bool tcp_read(struct tcp_client *t)
{
	size_t len = t->have < 2 ? 0 : get16(t->head);
	ssize_t n;

	if (t->have >= 2 && !t->in) {
		t->in = malloc(len + 1);
		if (!t->in || len < HEADER_LEN)
			return false;
	}
	n = t->have < 2 ? recv(t->w.fd, t->head + t->have, 2 - t->have, MSG_DONTWAIT)
			: recv(t->w.fd, t->in + t->have - 2, len + 2 - t->have, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0) {
		t->ended = true;
		return true;
	}
	t->have += (size_t)n;
	t->idle_at = now_ms + TCP_IDLE_MS;
	if (t->have > 2 && t->have == len + 2) {
		uint8_t *query = t->in;
		bool going_on;

		t->in = NULL;
		t->have = 0;
		going_on = tcp_query(t, query, len);
		free(query);
		return going_on;
	}
	return true;
}

static void on_tcp(struct watch *w, uint32_t events)
{
	struct tcp_client *t = (void *)w;
	bool going_on = !(events & EPOLLERR);

	if (going_on && events & EPOLLOUT)
		going_on = tcp_write(t);
	if (going_on && !t->out && events & (EPOLLIN | EPOLLHUP))
		going_on = tcp_read(t);
	if (!going_on || tcp_is_done(t))
		tcp_drop(t);
	else
		tcp_refresh(t);
}

static void on_tcp_listener(struct watch *w, uint32_t events)
{
	struct keeper *k = KEEPER_OF(w, tcp);
	struct tcp_client *t;
	int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	t = client_count < TCP_MAX && k->clients < TCP_EACH ? calloc(1, sizeof *t) : NULL;
	if (!t) {
		close(fd);
		return;
	}
	client_count++;
	k->clients++;
	t->keeper = k;
	t->number = ++last_number;
	t->idle_at = now_ms + TCP_IDLE_MS;
	t->next = clients;
	clients = t;
	loop_wake_at(t->idle_at);
	watch_start(&t->w, fd, EPOLLIN, on_tcp);
}

static void on_udp(struct watch *w, uint32_t events)
{
	struct keeper *k = KEEPER_OF(w, udp);

	(void)events;
	for (int i = 0; i < ROUND_MAX && w->fd >= 0; i++) {
		struct client from = {0};
		socklen_t from_len = sizeof from.from;
		size_t len;
		ssize_t n = recvfrom(w->fd, incoming, sizeof incoming, MSG_DONTWAIT, (struct sockaddr *)&from.from, &from_len);

		if (n < 0)
			return;
		if (n <= MESSAGE_MAX && take_query(k, &from, incoming, (size_t)n, &len) && len)
			sendto(w->fd, outgoing, len, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&from.from, from_len);
	}
}

/* The answer to a query that was forwarded. */
void serve_reply(struct keeper *k, const struct client *to, uint8_t *message, size_t len, size_t limit)
{
	struct question q;
	struct tcp_client *t = clients;

	if (!to->tcp) {
		if (len > limit) {
			message[2] &= 0x7f; /* as a question, only to find its end */
			len = cut_answer(message, len, read_question(message, HEADER_LEN + NAME_TEXT_MAX + 4, &q) < 0 ? HEADER_LEN : q.end, limit);
			message[2] |= 0x80;
		}
		sendto(k->udp.fd, message, len, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&to->from, sizeof to->from);
		return;
	}
	while (t && t->number != to->tcp)
		t = t->next;
	if (!t)
		return;
	t->outstanding--;
	if (!tcp_send(t, message, len) || tcp_is_done(t))
		t->idle_at = 0; /* dropped by the next tick: its events may still be in this round */
	else
		tcp_refresh(t);
	loop_wake_at(t->idle_at);
}

static void keeper_drop(struct keeper *k)
{
	struct container *c = k->container;

	for (struct tcp_client *t = clients, *next; t; t = next) {
		next = t->next;
		if (t->keeper == k)
			tcp_drop(t);
	}
	forward_abandon(k, 0);
	for (struct keeper **at = &keepers; *at; at = &(*at)->next)
		if (*at == k) {
			*at = k->next;
			break;
		}
	watch_stop(&k->connection);
	watch_stop(&k->udp);
	watch_stop(&k->tcp);
	if (c && c->keeper == k) {
		c->keeper = NULL;
		c->gone = true;
		table_changed();
		container_forget(c);
	}
	free_later(k);
	if (!keepers) {
		idle_since = now_ms;
		loop_wake_at(now_ms + linger);
	}
}

/* The container's id, with its two sockets or without. */
static bool take_hello(struct keeper *k)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(2 * sizeof(int))];
	} control;
	char id[ID_LEN + 1];
	struct iovec iov = {id, sizeof id};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	ssize_t n = recvmsg(k->connection.fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	int fds[2] = {-1, -1};

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof fds))
		memcpy(fds, CMSG_DATA(c), sizeof fds);
	if (fds[0] >= 0) {
		watch_start(&k->udp, fds[0], EPOLLIN, on_udp);
		watch_start(&k->tcp, fds[1], EPOLLIN, on_tcp_listener);
	}
	id[ID_LEN] = 0;
	if (n != ID_LEN || strspn(id, "0123456789abcdef") != ID_LEN)
		return false;
	files_load(id); /* its event may not have come yet */
	k->container = container_get(id, true);
	if (!k->container)
		return false;
	if (k->container->keeper)
		k->container->keeper->container = NULL;
	k->container->keeper = k;
	k->container->gone = false;
	table_changed();
	return send(k->connection.fd, "A", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

static void on_keeper(struct watch *w, uint32_t events)
{
	struct keeper *k = KEEPER_OF(w, connection);
	char nothing;

	(void)events;
	if (k->hello_until) {
		if (!take_hello(k))
			keeper_drop(k);
		else if (k->container)
			k->hello_until = 0;
		return;
	}
	if (recv(w->fd, &nothing, 1, MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != EINTR))
		keeper_drop(k); /* it has nothing more to say: this is its end */
}

static void on_listener(struct watch *w, uint32_t events)
{
	int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct keeper *k = fd < 0 ? NULL : calloc(1, sizeof *k);

	(void)events;
	if (!k) {
		if (fd >= 0)
			close(fd);
		return;
	}
	k->udp.fd = k->tcp.fd = -1;
	k->hello_until = now_ms + HELLO_MS;
	k->next = keepers;
	keepers = k;
	loop_wake_at(k->hello_until);
	watch_start(&k->connection, fd, EPOLLIN | EPOLLRDHUP, on_keeper);
}

void serve_tick(void)
{
	for (struct tcp_client *t = clients, *next; t; t = next) {
		next = t->next;
		if (t->idle_at <= now_ms)
			tcp_drop(t);
		else
			loop_wake_at(t->idle_at);
	}
	for (struct keeper *k = keepers, *next; k; k = next) {
		next = k->next;
		if (!k->hello_until)
			continue;
		if (k->hello_until <= now_ms)
			keeper_drop(k);
		else
			loop_wake_at(k->hello_until);
	}
	if (keepers)
		return;
	if (now_ms >= idle_since + linger)
		_exit(0);
	loop_wake_at(idle_since + linger);
}

void serve_listen(int listener, uint64_t linger_ms)
{
	linger = linger_ms;
	idle_since = now_ms;
	loop_wake_at(now_ms + linger);
	watch_start(&listening, listener, EPOLLIN, on_listener);
}
