/*
 * probe tcp HOST PORT MILLISECONDS          connects
 * probe http HOST PORT MILLISECONDS REQUEST connects, sends REQUEST and reads the status line of the answer
 *
 * Health checks over the network, run in a container's network namespace and with no rights. Says in one line what it found;
 * ends with 0 when it is well: connected, and for http a status from 200 to 399.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER = 512 };

static long long deadline;

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static int fail(const char *what, int err)
{
	printf("%s: %s\n", what, strerror(err));
	return 1;
}

/* Waits for the socket until the deadline; 0 or errno. */
static int wait_for(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};
	long long left = deadline - now_ms();

	return left > 0 && poll(&p, 1, (int)left) > 0 ? 0 : ETIMEDOUT;
}

static int connect_to(const struct addrinfo *a)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), err = 0;
	socklen_t size = sizeof err;

	if (fd < 0)
		return -errno;
	if (connect(fd, a->ai_addr, a->ai_addrlen) && errno != EINPROGRESS)
		err = errno;
	else
		err = wait_for(fd, POLLOUT);
	if (!err)
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size);
	if (!err)
		return fd;
	close(fd);
	return -err;
}

static int ask(int fd, const char *request)
{
	char answer[ANSWER + 1];
	size_t have = 0;
	int status = 0, err;

	if (send(fd, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request))
		return fail("send", errno);
	while (have < ANSWER && !memchr(answer, '\n', have)) {
		ssize_t n;

		err = wait_for(fd, POLLIN);
		if (err)
			return fail("read", err);
		n = recv(fd, answer + have, ANSWER - have, 0);
		if (n < 0)
			return fail("read", errno);
		if (n == 0)
			break;
		have += (size_t)n;
	}
	answer[have] = 0;
	answer[strcspn(answer, "\r\n")] = 0;
	if (sscanf(answer, "HTTP/%*d.%*d %d", &status) != 1) {
		puts("the answer is not HTTP");
		return 1;
	}
	puts(answer);
	return status >= 200 && status < 400 ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV}, *all;
	int fd = -ECONNREFUSED;

	if (argc < 5 || (!strcmp(argv[1], "http") && argc != 6)) {
		fputs("usage: probe tcp HOST PORT MILLISECONDS | probe http HOST PORT MILLISECONDS REQUEST\n", stderr);
		return 2;
	}
	deadline = now_ms() + atoll(argv[4]);
	if (getaddrinfo(argv[2], argv[3], &hints, &all)) {
		printf("%s port %s: not an address\n", argv[2], argv[3]);
		return 1;
	}
	fd = connect_to(all);
	freeaddrinfo(all);
	if (fd < 0) {
		char what[128];

		snprintf(what, sizeof what, "connect to %s port %s", argv[2], argv[3]);
		return fail(what, -fd);
	}
	if (argc == 6)
		return ask(fd, argv[5]);
	printf("connected to %s port %s\n", argv[2], argv[3]);
	return 0;
}
