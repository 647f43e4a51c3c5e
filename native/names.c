/*
 * The container's name server sockets. The child makes them inside its network namespace; the keeper holds them as long as the
 * container lives and hands copies to the resolver, over a connection whose end says to either side that the other has gone.
 * When the resolver goes, the keeper starts one and hands the sockets over again.
 */
#include "keeper.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { BACKLOG = 64, FIRST_WAIT_MS = 10, LONGEST_WAIT_MS = 2000, SOON_MS = 1000, NAME_SOCKETS = 3, QUEUE_BYTES = 1 << 20 };

/* UDP and TCP for clients, and one with no address for the resolver's own questions to servers inside the container */
static int sockets[NAME_SOCKETS] = {-1, -1, -1};
static int connection = -1, timer = -1;
static unsigned wait_ms;
static bool wanted, closed, asked;

static int make_socket(int type, uint32_t address, uint16_t port)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address), .sin_port = htons(port)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err;

	if (fd < 0)
		return -errno;
	/* room for what comes while no resolver is there, or many ask at once; more than an ordinary process may have */
	if (type == SOCK_DGRAM && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &(int){QUEUE_BYTES}, sizeof(int)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){QUEUE_BYTES}, sizeof(int));
	err = port && bind(fd, (struct sockaddr *)&name, sizeof name) ? -errno : 0;
	if (!err && type == SOCK_STREAM && listen(fd, BACKLOG))
		err = -errno;
	if (err)
		close(fd);
	return err ? err : fd;
}

/* In the child: the sockets, to the keeper. */
int op_name_sockets(struct op *op)
{
	uint32_t address = (uint32_t)op_int(op);
	uint16_t port = (uint16_t)op_int(op);
	int err = 0;

	for (uint32_t i = 0; i < NAME_SOCKETS && !err; i++) {
		int fd = make_socket(i == 1 ? SOCK_STREAM : SOCK_DGRAM, address, i == 2 ? 0 : port);

		if (fd < 0)
			return fd;
		err = sync_send(SYNC_NAMES, i, fd);
		close(fd);
	}
	return err;
}

/* In the keeper: one of them has come. */
int names_take(uint32_t number, int fd)
{
	if (fd < 0 || number >= NAME_SOCKETS || sockets[number] >= 0)
		return -EPROTO;
	sockets[number] = fd;
	return 0;
}

static void watch(int fd, uint32_t tag)
{
	struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP, .data.u32 = tag};

	epoll_ctl(K.epoll, EPOLL_CTL_ADD, fd, &e);
}

static void try_in(unsigned ms)
{
	struct itimerspec when = {.it_value = {ms / 1000, (long)(ms % 1000) * 1000000}};

	if (timer < 0) {
		timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
		if (timer < 0)
			return;
		watch(timer, TAG_NAMES_TIMER);
	}
	timerfd_settime(timer, 0, &when, NULL);
}

static void try_later(void)
{
	wait_ms = !wait_ms ? FIRST_WAIT_MS : wait_ms * 2 > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : wait_ms * 2;
	try_in(wait_ms);
}

/* The container's id with its sockets; without sockets the connection only says that the container lives. */
static int send_hello(int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof sockets)];
	} control = {0};
	struct iovec iov = {(void *)(uintptr_t)K.plan.set.names_id, strlen(K.plan.set.names_id)};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

	if (sockets[NAME_SOCKETS - 1] >= 0) {
		m.msg_control = &control;
		m.msg_controllen = sizeof control;
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof sockets);
		memcpy(CMSG_DATA(&control.header), sockets, sizeof sockets);
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

static void hand_over(void)
{
	int fd = connect_unix(K.plan.set.names_path, SOCK_NONBLOCK), err = fd < 0 ? fd : send_hello(fd);

	if (!err) {
		connection = fd;
		asked = false;
		watch(connection, TAG_NAMES);
		return;
	}
	if (fd >= 0)
		close(fd);
	/* once per absence, and again in case that one died: a second one finds the first and ends */
	if ((err == -ENOENT || err == -ECONNREFUSED) && (!asked || wait_ms >= LONGEST_WAIT_MS)) {
		asked = true;
		spawn_program(K.plan.set.names_argv, K.plan.set.names_env, NULL);
	}
	try_later();
}

/* From now on somebody shall answer at the sockets. */
int names_start(void)
{
	if (!*K.plan.set.names_path)
		return -EOPNOTSUPP;
	if (connection >= 0 || wait_ms || closed)
		return 0;
	wanted = true;
	hand_over();
	return 0;
}

/* The same in a while, when the container still runs: what has no names needs only the guard, and a short run not even that. */
void names_start_soon(void)
{
	wanted = true;
	try_in(SOON_MS);
}

/* The resolver said that it has the sockets, or has gone. */
void names_event(void)
{
	char answer[8];
	ssize_t n = connection < 0 ? -1 : recv(connection, answer, sizeof answer, MSG_DONTWAIT);

	if (connection < 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	if (n > 0) {
		wait_ms = 0;
		return;
	}
	close(connection);
	connection = -1;
	if (wait_ms) /* it went before it said anything */
		try_later();
	else
		hand_over();
}

void names_timer(void)
{
	uint64_t times;

	if (timer >= 0)
		(void)!read(timer, &times, sizeof times);
	if (wanted && connection < 0)
		hand_over();
}

/* The container has ended: its namespace shall go with it. */
void names_close(void)
{
	int *all[] = {&connection, &timer, &sockets[0], &sockets[1], &sockets[2]};

	closed = true;
	wanted = false;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (*all[i] >= 0)
			close(*all[i]);
		*all[i] = -1;
	}
}
