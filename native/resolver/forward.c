/*
 * Queries for the world. Every attempt has a socket of its own, connected to the server it asks: the kernel chooses a port at
 * random and lets nothing in but what comes from that server, and the identifier is drawn anew.
 */
#include "resolver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	PENDING_MAX = 2048,
	PENDING_EACH = 512,
	ATTEMPTS_MAX = 4,
	ATTEMPT_MS = 1200,
	GIVE_UP_MS = 4800, /* before clients, which wait 5 s, do */
};

struct pending {
	struct pending *next;
	struct keeper *keeper;
	struct client to;
	struct attempt *attempts;
	struct server servers[SERVERS_MAX];
	unsigned server_count, started;
	size_t question_end, limit;
	uint64_t next_at, give_up_at;
	uint8_t *refusal; /* what a server said that would not answer */
	size_t refusal_len, len;
	uint8_t query[];
};

struct attempt {
	struct watch w; /* no descriptor: it goes over the keeper's socket `inside` */
	struct attempt *next;
	struct pending *pending;
	struct in_addr inside;
	uint16_t id;
	uint8_t *in; /* TCP: length and message */
	size_t sent, have;
};

static struct pending *pendings;
static unsigned pending_count;
static uint8_t incoming[MESSAGE_MAX + 1];

static void attempt_drop(struct attempt *a)
{
	for (struct attempt **at = &a->pending->attempts; *at; at = &(*at)->next)
		if (*at == a) {
			*at = a->next;
			break;
		}
	watch_stop(&a->w);
	free(a->in);
	free_later(a);
}

static void pending_drop(struct pending *p)
{
	while (p->attempts)
		attempt_drop(p->attempts);
	for (struct pending **at = &pendings; *at; at = &(*at)->next)
		if (*at == p) {
			*at = p->next;
			break;
		}
	pending_count--;
	free(p->refusal);
	free_later(p);
}

static void finish(struct pending *p, uint8_t *message, size_t len)
{
	memcpy(message, p->query, 2);
	clients_reply(p->keeper, &p->to, message, len, p->limit);
	pending_drop(p);
}

static void finish_failed(struct pending *p)
{
	uint8_t message[HEADER_LEN + NAME_TEXT_MAX + 4];

	if (p->refusal)
		finish(p, p->refusal, p->refusal_len);
	else
		finish(p, message, plain_answer(p->query, p->question_end, RCODE_FAILURE, message));
}

static void start_attempts(struct pending *p);

/* This server will not answer any more: the next one at once, if there is one that was not asked. */
static void attempt_failed(struct attempt *a)
{
	struct pending *p = a->pending;

	attempt_drop(a);
	if (p->started < p->server_count)
		start_attempts(p);
	else if (!p->attempts)
		finish_failed(p);
}

static void take_answer(struct attempt *a, uint8_t *message, size_t len)
{
	struct pending *p = a->pending;
	unsigned rcode = message[3] & 15;

	if (rcode != RCODE_FAILURE && rcode != RCODE_REFUSED) {
		finish(p, message, len);
		return;
	}
	free(p->refusal);
	p->refusal = malloc(len);
	p->refusal_len = len;
	if (p->refusal)
		memcpy(p->refusal, message, len);
	attempt_failed(a);
}

static bool is_answer(const struct attempt *a, const uint8_t *message, size_t len)
{
	return len >= HEADER_LEN && get16(message) == a->id && same_question(a->pending->query, message, len);
}

static void on_udp(struct watch *w, uint32_t events)
{
	struct attempt *a = (void *)w;

	(void)events;
	for (;;) {
		ssize_t n = recv(w->fd, incoming, sizeof incoming, MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			attempt_failed(a);
			return;
		}
		if (n > MESSAGE_MAX || !is_answer(a, incoming, (size_t)n))
			continue; /* forged, or late */
		take_answer(a, incoming, (size_t)n);
		return;
	}
}

/* Answers of servers inside the container: over one socket, told apart by identifier, server and question. */
void forward_inside(struct keeper *k)
{
	for (;;) {
		struct sockaddr_in from = {0};
		socklen_t from_len = sizeof from;
		ssize_t n = recvfrom(k->inside.fd, incoming, sizeof incoming, MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);
		struct attempt *found = NULL;

		if (n < 0 && errno != ECONNREFUSED)
			return;
		for (struct pending *p = pendings; p && !found && n <= MESSAGE_MAX; p = p->next)
			for (struct attempt *a = p->keeper == k ? p->attempts : NULL; a && !found; a = a->next)
				if (a->w.fd < 0 && a->inside.s_addr == from.sin_addr.s_addr && n >= 0 && is_answer(a, incoming, (size_t)n))
					found = a;
		if (found)
			take_answer(found, incoming, (size_t)n);
	}
}

/* The query with its length before it and another identifier. False when the connection has failed. */
static bool tcp_send(struct attempt *a)
{
	const struct pending *p = a->pending;
	uint8_t head[4];

	put16(head, (uint16_t)p->len);
	put16(head + 2, a->id);
	while (a->sent < p->len + 2) {
		const uint8_t *from = a->sent < 4 ? head + a->sent : p->query + a->sent - 2;
		size_t len = a->sent < 4 ? 4 - a->sent : p->len + 2 - a->sent;
		ssize_t n = send(a->w.fd, from, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n < 0)
			return false;
		a->sent += (size_t)n;
	}
	watch_change(&a->w, EPOLLIN);
	return true;
}

static bool tcp_receive(struct attempt *a)
{
	size_t want = a->have < 2 ? 2 : 2 + (size_t)get16(a->in);
	ssize_t n = recv(a->w.fd, a->in + a->have, want - a->have, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	a->have += (size_t)n;
	if (a->have < 2 || a->have < 2 + (size_t)get16(a->in))
		return true;
	if (!is_answer(a, a->in + 2, a->have - 2))
		return false;
	memcpy(incoming, a->in + 2, a->have - 2);
	take_answer(a, incoming, a->have - 2);
	return true;
}

static void on_tcp(struct watch *w, uint32_t events)
{
	struct attempt *a = (void *)w;
	bool going_on = !(events & EPOLLERR);

	if (going_on && events & EPOLLOUT)
		going_on = tcp_send(a);
	else if (going_on)
		going_on = tcp_receive(a);
	if (!going_on)
		attempt_failed(a);
}

static bool send_udp(struct attempt *a, const struct server *s)
{
	struct pending *p = a->pending;
	uint8_t own[2];
	ssize_t n;

	memcpy(own, p->query, 2);
	put16(p->query, a->id);
	n = a->w.fd < 0 ? sendto(p->keeper->inside.fd, p->query, p->len, MSG_DONTWAIT | MSG_NOSIGNAL, &s->name.any, s->len)
			: send(a->w.fd, p->query, p->len, MSG_DONTWAIT | MSG_NOSIGNAL);
	memcpy(p->query, own, 2);
	return n >= 0;
}

/* A server on the container's own loopback device: UDP alone, because only the container could make other sockets there. */
static bool start_inside(struct pending *p, const struct server *s)
{
	struct attempt *a = p->keeper->inside.fd < 0 || s->name.any.sa_family != AF_INET ? NULL : calloc(1, sizeof *a);

	if (!a || getrandom(&a->id, sizeof a->id, 0) != sizeof a->id) {
		free(a);
		return false;
	}
	a->w.fd = -1;
	a->inside = s->name.v4.sin_addr;
	a->pending = p;
	a->next = p->attempts;
	p->attempts = a;
	if (send_udp(a, s))
		return true;
	attempt_drop(a);
	return false;
}

static bool start_attempt(struct pending *p, const struct server *s)
{
	bool tcp = p->to.tcp != 0;
	int fd = socket(s->name.any.sa_family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct attempt *a = fd < 0 ? NULL : calloc(1, sizeof *a);

	if (!a || (tcp && !(a->in = malloc(MESSAGE_MAX + 2))) || getrandom(&a->id, sizeof a->id, 0) != sizeof a->id ||
	    (connect(fd, &s->name.any, s->len) && errno != EINPROGRESS)) {
		if (a)
			free(a->in);
		free(a);
		if (fd >= 0)
			close(fd);
		return false;
	}
	a->pending = p;
	a->next = p->attempts;
	p->attempts = a;
	watch_start(&a->w, fd, tcp ? EPOLLOUT : EPOLLIN, tcp ? on_tcp : on_udp);
	if (tcp || send_udp(a, s))
		return true;
	attempt_drop(a);
	return false;
}

/* Asks the next server that can be asked at all. */
static void start_attempts(struct pending *p)
{
	unsigned most = p->to.tcp || p->server_count > ATTEMPTS_MAX / 2 ? p->server_count : p->server_count * 2;

	most = p->to.tcp || most > p->server_count ? most : ATTEMPTS_MAX;
	while (p->started < most) {
		const struct server *s = &p->servers[p->started++ % p->server_count];

		if (s->inside ? start_inside(p, s) : start_attempt(p, s)) {
			p->next_at = p->started < most ? now_ms + ATTEMPT_MS : p->give_up_at;
			loop_wake_at(p->next_at);
			return;
		}
	}
	p->next_at = p->give_up_at;
	if (!p->attempts)
		finish_failed(p);
}

static bool is_asked_already(const struct keeper *k, const struct client *to, const uint8_t *query, size_t len)
{
	unsigned own = 0;

	for (struct pending *p = pendings; p; p = p->next) {
		if (p->keeper != k)
			continue;
		if (++own >= PENDING_EACH)
			return true;
		if (!to->tcp && !p->to.tcp && !memcmp(&p->to.from, &to->from, sizeof to->from) && p->len == len && !memcmp(p->query, query, len))
			return true; /* the client asks again; one answer will do */
	}
	return false;
}

/* Takes a query over; its answer goes to clients_reply. Without room the client's own patience decides. */
void forward(struct keeper *k, const struct container *asker, const struct client *to, const uint8_t *query, size_t len,
	     const struct question *q)
{
	struct pending *p;

	if (pending_count >= PENDING_MAX || is_asked_already(k, to, query, len) || !(p = calloc(1, sizeof *p + len)))
		return;
	p->keeper = k;
	p->to = *to;
	p->len = len;
	p->question_end = q->end;
	p->limit = q->edns_size ? q->edns_size : 512;
	p->give_up_at = now_ms + GIVE_UP_MS;
	memcpy(p->query, query, len);
	p->next = pendings;
	pendings = p;
	pending_count++;
	p->server_count = asker->server_count;
	memcpy(p->servers, asker->servers, sizeof p->servers);
	if (!p->server_count)
		p->server_count = host_servers(p->servers);
	loop_wake_at(p->give_up_at);
	if (p->server_count)
		start_attempts(p);
	else
		finish_failed(p);
}

/* Nobody waits any more: of a keeper, all or those of one connection. */
void forward_abandon(const struct keeper *k, uint64_t tcp)
{
	for (struct pending *p = pendings, *next; p; p = next) {
		next = p->next;
		if (p->keeper == k && (!tcp || p->to.tcp == tcp))
			pending_drop(p);
	}
}

void forward_tick(void)
{
	for (struct pending *p = pendings, *next; p; p = next) {
		next = p->next;
		if (p->give_up_at <= now_ms) {
			finish_failed(p);
			continue;
		}
		if (p->next_at <= now_ms)
			start_attempts(p);
		else
			loop_wake_at(p->next_at);
	}
}
