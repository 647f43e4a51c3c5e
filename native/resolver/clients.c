/* Clients at a container's sockets: datagrams, and connections that may say several things. */
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

static struct tcp_client *clients;
static unsigned client_count;
static uint64_t last_number;
static uint8_t incoming[MESSAGE_MAX + 1], outgoing[MESSAGE_MAX];
static const struct container nobody;

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
		return true; /* clients_reply will come, or has come */
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

void clients_accept(struct watch *w, uint32_t events)
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

void clients_datagrams(struct watch *w, uint32_t events)
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
void clients_reply(struct keeper *k, const struct client *to, uint8_t *message, size_t len, size_t limit)
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

/* Connections of one container, which has gone. */
void clients_drop(const struct keeper *k)
{
	for (struct tcp_client *t = clients, *next; t; t = next) {
		next = t->next;
		if (t->keeper == k)
			tcp_drop(t);
	}
}

void clients_tick(void)
{
	for (struct tcp_client *t = clients, *next; t; t = next) {
		next = t->next;
		if (t->idle_at <= now_ms)
			tcp_drop(t);
		else
			loop_wake_at(t->idle_at);
	}
}
