/* Keepers: connections on which containers come with their sockets, and which end with them. */
#include "resolver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { HELLO_MS = 5000 };

static struct watch listening;
static struct keeper *keepers;
static uint64_t linger, idle_since;

/* What a server inside the container says. */
static void on_inside(struct watch *w, uint32_t events)
{
	(void)events;
	forward_inside(KEEPER_OF(w, inside));
}

static void keeper_drop(struct keeper *k)
{
	struct container *c = k->container;

	clients_drop(k);
	forward_abandon(k, 0);
	for (struct keeper **at = &keepers; *at; at = &(*at)->next)
		if (*at == k) {
			*at = k->next;
			break;
		}
	watch_stop(&k->connection);
	watch_stop(&k->udp);
	watch_stop(&k->tcp);
	watch_stop(&k->inside);
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

/* The container's id, with its sockets or without. */
static bool take_hello(struct keeper *k)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(3 * sizeof(int))];
	} control;
	char id[ID_LEN + 1];
	struct iovec iov = {id, sizeof id};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	ssize_t n = recvmsg(k->connection.fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	int fds[3] = {-1, -1, -1};

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof fds))
		memcpy(fds, CMSG_DATA(c), sizeof fds);
	if (fds[0] >= 0) {
		watch_start(&k->udp, fds[0], EPOLLIN, clients_datagrams);
		watch_start(&k->tcp, fds[1], EPOLLIN, clients_accept);
		watch_start(&k->inside, fds[2], EPOLLIN, on_inside);
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
	k->udp.fd = k->tcp.fd = k->inside.fd = -1;
	k->hello_until = now_ms + HELLO_MS;
	k->next = keepers;
	keepers = k;
	loop_wake_at(k->hello_until);
	watch_start(&k->connection, fd, EPOLLIN | EPOLLRDHUP, on_keeper);
}

void keepers_tick(void)
{
	clients_tick();
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

void keepers_listen(int listener, uint64_t linger_ms)
{
	linger = linger_ms;
	idle_since = now_ms;
	loop_wake_at(now_ms + linger);
	watch_start(&listening, listener, EPOLLIN, on_listener);
}
