/* The two conversations of a start: keeper <-> child, and keeper <-> TypeScript. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

struct message {
	uint32_t type, value;
	struct failure fail; /* SYNC_ERROR only */
};

enum { SHORT_MESSAGE = offsetof(struct message, fail) };

/* One message with one descriptor attached. */
int send_fd(int sock, int fd, const void *data, size_t len)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {(void *)data, len};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

	if (fd >= 0) {
		m.msg_control = &control;
		m.msg_controllen = sizeof control;
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
	}
	for (;;) {
		if (sendmsg(sock, &m, MSG_NOSIGNAL) >= 0)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
}

int sync_send(char type, uint32_t value, int fd)
{
	uint32_t message[2] = {(uint32_t)type, value};

	return send_fd(K.sync, fd, message, sizeof message);
}

static ssize_t receive(struct message *m, int *fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = {m, sizeof *m};
	struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	struct cmsghdr *c;
	ssize_t n;

	/* A child that ends with a message of ours unread resets the connection: told once, before what it had said itself. */
	do
		n = recvmsg(K.sync, &h, MSG_CMSG_CLOEXEC);
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	*fd = -1;
	c = n > 0 ? CMSG_FIRSTHDR(&h) : NULL;
	if (c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof *fd))
		memcpy(fd, CMSG_DATA(c), sizeof *fd);
	return n < 0 ? -errno : n;
}

/* The child has gone without a word: says how. */
static int child_died(void)
{
	struct text t;
	int status = 0;

	while (K.child > 0 && !K.reaped && waitpid(K.child, &status, 0) < 0 && errno == EINTR)
		;
	K.reaped = true;
	K.child_status = status;
	K.fail.reason = REASON_CHILD_DIED;
	K.fail.side = SIDE_CHILD;
	text_init(&t, K.fail.detail, sizeof K.fail.detail);
	text_add(&t, WIFSIGNALED(status) ? "signal " : "exit status ");
	text_num(&t, (uint64_t)(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)));
	return -ECHILD;
}

/* Takes the child's notify descriptor by number, so that its filter need not allow sendmsg, and passes it on. */
static int forward_listener(uint32_t number)
{
	const uint8_t *cursor = K.plan.data + 16;
	uint32_t index = 0;
	struct op op;
	int fd, err = -EINVAL;

	fd = (int)syscall(SYS_pidfd_getfd, K.pidfd, (int)number, 0);
	if (fd < 0)
		return -errno;
	while (plan_next(&K.plan, &cursor, &op, &index)) {
		static char state[65536];
		const char *piece;
		struct list pieces;
		struct text t;
		uint64_t slot;

		if (op.code != OP_seccomp)
			continue;
		op_blob(&op);
		op_int(&op);
		slot = op_int(&op);
		if (slot == ABSENT)
			continue;
		text_init(&t, state, sizeof state);
		pieces = op_list(&op);
		for (bool first = true; list_str(&pieces, &piece); first = false) {
			if (!first)
				text_num(&t, (uint64_t)K.child);
			text_add(&t, piece);
		}
		err = t.len + 1 >= sizeof state ? -E2BIG : slot_fd((int)slot);
		err = err < 0 ? err : send_fd(err, fd, state, t.len);
		K.fail.side = op.side;
		K.fail.code = op.code;
		K.fail.index = op.index;
		break;
	}
	close(fd);
	return err ? err : sync_send(SYNC_ACK, 0, -1);
}

/* The number of a process in this pid namespace; whoever cloned it may have been in another. */
static pid_t pid_of(int pidfd)
{
	char buf[512], *line;
	uint64_t pid;
	struct text t;
	ssize_t n;
	int fd;

	text_init(&t, buf, sizeof buf);
	text_add(&t, "/proc/self/fdinfo/");
	text_num(&t, (uint64_t)pidfd);
	fd = open(buf, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read_small(fd, buf, sizeof buf);
	close(fd);
	line = n > 0 ? strstr(buf, "\nPid:\t") : NULL;
	return line && parse_number(line + 6, &pid) == 0 ? (pid_t)pid : -ESRCH;
}

/* Handles one message of the child. Returns its type, 0 at the end of the stream, or -errno with K.fail filled. */
int sync_receive(void)
{
	struct message m;
	int fd, err;
	ssize_t n = receive(&m, &fd);

	if (n <= 0)
		return (int)n;
	if (n < SHORT_MESSAGE)
		return -EPROTO;
	switch (m.type) {
	case SYNC_ERROR:
		if (n != sizeof m)
			return -EPROTO;
		K.fail = m.fail;
		K.fail.path[sizeof K.fail.path - 1] = K.fail.detail[sizeof K.fail.detail - 1] = 0;
		return K.fail.err > 0 ? -K.fail.err : -EPROTO;
	case SYNC_MASTER:
		if (fd < 0 || K.master >= 0)
			return -EPROTO;
		K.master = fd;
		break;
	case SYNC_NAMES:
		err = names_take(m.value, fd);
		if (err)
			return err;
		break;
	case SYNC_LISTENER:
		err = forward_listener(m.value);
		if (err) {
			K.fail.err = -err;
			return err;
		}
		break;
	case SYNC_POST:
		K.posts++;
		break;
	case SYNC_READY:
		K.ready = true;
		break;
	case SYNC_CLONED:
		if (fd < 0)
			return -EPROTO;
		K.pidfd = fd;
		K.child = pid_of(fd);
		if (K.child < 0)
			return K.child;
		break;
	default:
		break;
	}
	return (int)m.type;
}

/* Waits for a message of this type. In the keeper, gives up when TypeScript leaves. */
int sync_wait(char want)
{
	for (;;) {
		struct pollfd p[2] = {{.fd = K.sync, .events = POLLIN},
				      {.fd = K.in_child || K.started ? -1 : K.control, .events = POLLRDHUP}};
		int type;

		if (want == SYNC_POST && K.posts > 0) {
			K.posts--;
			return 0;
		}
		if (want == SYNC_READY && K.ready)
			return 0;
		if (!K.in_child && poll(p, 2, -1) < 0 && errno != EINTR)
			return -errno;
		if (!K.in_child && p[1].revents)
			return -ECANCELED;
		if (!K.in_child && !p[0].revents)
			continue;
		type = sync_receive();
		if (type < 0)
			return type;
		if (type == 0)
			return K.in_child ? -EPIPE : child_died();
		if (type == want && want != SYNC_POST)
			return 0;
	}
}

int op_post(struct op *op)
{
	(void)op;
	return sync_send(SYNC_POST, 0, -1);
}

int op_wait(struct op *op)
{
	(void)op;
	return sync_wait(SYNC_POST);
}

/* The child's last act when an op failed. */
void sync_report_and_die(void)
{
	struct message m = {.type = SYNC_ERROR, .fail = K.fail};
	char buf[1200];

	if (K.status_fifo >= 0 && K.started)
		(void)!write(K.status_fifo, buf, failure_encode(&K.fail, buf, sizeof buf));
	else
		send_fd(K.sync, -1, &m, sizeof m);
	_exit(127);
}

/* To TypeScript. Nobody there any more is not an error: the end of the stream is handled where it matters. */
void control_send(char type, const void *data, size_t len)
{
	char frame[1600];
	uint32_t size = (uint32_t)len + 1;

	if (K.control < 0 || len > sizeof frame - 5)
		return;
	memcpy(frame, &size, 4);
	frame[4] = type;
	memcpy(frame + 5, data, len);
	for (size_t sent = 0; sent < len + 5;) {
		ssize_t n = send(K.control, frame + sent, len + 5 - sent, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return;
		sent += n > 0 ? (size_t)n : 0;
	}
}

size_t failure_encode(const struct failure *f, char *out, size_t cap)
{
	struct text t;
	uint16_t path_len = (uint16_t)strlen(f->path), detail_len = (uint16_t)strlen(f->detail);

	text_init(&t, out, cap);
	text_bytes(&t, &f->side, 1);
	text_bytes(&t, &f->code, 2);
	text_bytes(&t, &f->index, 4);
	text_bytes(&t, &f->err, 4);
	text_bytes(&t, &f->reason, 1);
	text_bytes(&t, &path_len, 2);
	text_bytes(&t, f->path, path_len);
	text_bytes(&t, &detail_len, 2);
	text_bytes(&t, f->detail, detail_len);
	return t.len;
}

void control_fail(void)
{
	char buf[1200];
	size_t len = failure_encode(&K.fail, buf, sizeof buf);

	control_send(MSG_FAILED, buf, len);
}
