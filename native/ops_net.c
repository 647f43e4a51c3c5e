/* Netlink messages written by TypeScript, with the holes only the keeper can fill. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MESSAGE_MAX = 8192, HOLE_SIZE = 16, HOLE_CHILD_PID = 0, HOLE_SLOT = 1, HOLE_IFINDEX = 2, NETLINK_BATCH = 0x100 };

/* holes: {u32 message, u32 kind, u32 offset, u32 slot or index into names} each. */
static int fill_holes(uint8_t *message, uint32_t len, uint32_t number, struct blob holes, struct list names)
{
	uint32_t hole[4];

	for (uint32_t i = 0; i + HOLE_SIZE <= holes.len; i += HOLE_SIZE) {
		uint32_t value = 0;
		struct list left = names;
		const char *name = NULL;

		memcpy(hole, holes.data + i, sizeof hole);
		if (hole[0] != number)
			continue;
		if (len < 4 || hole[2] > len - 4)
			return -EINVAL;
		switch (hole[1]) {
		case HOLE_CHILD_PID:
			value = (uint32_t)K.child;
			break;
		case HOLE_SLOT:
			if (slot_fd((int)hole[3]) < 0)
				return -EBADF;
			value = (uint32_t)slot_fd((int)hole[3]);
			break;
		case HOLE_IFINDEX:
			for (uint32_t n = 0; n <= hole[3]; n++)
				if (!list_str(&left, &name))
					return -EINVAL;
			fail_path(name);
			value = if_nametoindex(name);
			if (!value)
				return -errno;
			break;
		default:
			return -EINVAL;
		}
		memcpy(message + hole[2], &value, sizeof value);
	}
	return 0;
}

/* Waits for the acknowledgement with this sequence number. */
static int read_answer(int sock, uint32_t sequence)
{
	uint8_t buf[MESSAGE_MAX] __attribute__((aligned(8)));

	for (;;) {
		ssize_t n = recv(sock, buf, sizeof buf, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, (size_t)n); h = NLMSG_NEXT(h, n)) {
			int err;

			if (h->nlmsg_seq != sequence || h->nlmsg_type != NLMSG_ERROR ||
			    h->nlmsg_len < NLMSG_LENGTH(sizeof err))
				continue;
			memcpy(&err, NLMSG_DATA(h), sizeof err);
			return err;
		}
	}
}

/*
 * The answers to a batch, which are all there when send returns: the first error, or 0 when the last message, the only one that
 * asked for it, was acknowledged.
 */
static int read_batch_answers(int sock, uint32_t last)
{
	uint8_t buf[MESSAGE_MAX] __attribute__((aligned(8)));
	bool acknowledged = false;
	ssize_t n;

	while ((n = recv(sock, buf, sizeof buf, MSG_DONTWAIT)) > 0)
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, (size_t)n); h = NLMSG_NEXT(h, n)) {
			int err;

			if (h->nlmsg_type != NLMSG_ERROR || h->nlmsg_len < NLMSG_LENGTH(sizeof err))
				continue;
			memcpy(&err, NLMSG_DATA(h), sizeof err);
			if (err)
				return err;
			acknowledged |= h->nlmsg_seq == last;
		}
	return acknowledged ? 0 : -EPROTO;
}

/* All messages in one datagram, as nfnetlink wants its transactions. The first and the last frame it; every other may fail it. */
static int send_batch(int sock, struct list messages, struct blob holes, struct list names)
{
	size_t room = 0, len = 0;
	uint32_t count = 0;
	uint8_t *all;
	int err = 0;
	struct blob b;

	for (struct list left = messages; list_blob(&left, &b); count++) {
		if (b.len < sizeof(struct nlmsghdr) || b.len > MESSAGE_MAX)
			return -EMSGSIZE;
		room += NLMSG_ALIGN(b.len);
	}
	all = mmap(NULL, room + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (all == MAP_FAILED)
		return -errno;
	for (uint32_t number = 0; !err && list_blob(&messages, &b); number++) {
		struct nlmsghdr *h = (void *)(all + len);

		memcpy(h, b.data, b.len);
		err = fill_holes((uint8_t *)h, b.len, number, holes, names);
		h->nlmsg_len = b.len;
		h->nlmsg_flags |= NLM_F_REQUEST | (number + 2 == count ? NLM_F_ACK : 0);
		h->nlmsg_seq = number + 1;
		h->nlmsg_pid = 0;
		len += NLMSG_ALIGN(b.len);
	}
	if (!err && setsockopt(sock, SOL_SOCKET, SO_SNDBUFFORCE, &(int){(int)room + 4096}, sizeof(int)) && room > MESSAGE_MAX)
		setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &(int){(int)room + 4096}, sizeof(int));
	if (!err && send(sock, all, len, 0) < 0)
		err = -errno;
	munmap(all, room + 1);
	return err ? err : read_batch_answers(sock, count - 1);
}

int op_netlink(struct op *op)
{
	uint64_t kind = op_int(op);
	int err = 0, sock;
	struct list messages = op_list(op);
	struct blob holes = op_blob(op), b;
	struct list names = op_list(op);
	uint8_t message[MESSAGE_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *h = (void *)message;

	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, (int)(kind & 0xff));
	if (sock < 0)
		return -errno;
	if (kind & NETLINK_BATCH) {
		err = send_batch(sock, messages, holes, names);
		close(sock);
		return err;
	}
	for (uint32_t number = 0; !err && list_blob(&messages, &b); number++) {
		if (b.len < sizeof *h || b.len > sizeof message) {
			err = -EMSGSIZE;
			break;
		}
		memcpy(message, b.data, b.len);
		err = fill_holes(message, b.len, number, holes, names);
		if (err)
			break;
		h->nlmsg_len = b.len;
		h->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
		h->nlmsg_seq = number + 1;
		h->nlmsg_pid = 0;
		if (send(sock, message, b.len, 0) < 0)
			err = -errno;
		else
			err = read_answer(sock, number + 1);
	}
	close(sock);
	return err;
}

/* Batches one behind the other, complete but for the kernel's answers. One that is refused keeps none of the others. */
static int send_batches(int sock, const uint8_t *data, size_t len)
{
	int err = 0;
	size_t begin = 0;

	for (size_t at = 0; at < len;) {
		struct nlmsghdr h;
		int answer;

		if (len - at < sizeof h)
			return -EPROTO;
		memcpy(&h, data + at, sizeof h);
		if (h.nlmsg_len < sizeof h || h.nlmsg_len > len - at || h.nlmsg_len % NLMSG_ALIGNTO)
			return -EPROTO;
		at += h.nlmsg_len;
		if (h.nlmsg_type != NFNL_MSG_BATCH_END)
			continue;
		/* the last message before the end has asked for an answer */
		setsockopt(sock, SOL_SOCKET, SO_SNDBUFFORCE, &(int){(int)(at - begin) + 4096}, sizeof(int));
		answer = send(sock, data + begin, at - begin, 0) < 0 ? -errno : read_batch_answers(sock, h.nlmsg_seq - 1);
		if (answer && answer != -ENOENT && !err)
			err = answer;
		begin = at;
	}
	return err;
}

/* The batches of a file, which somebody may have written since, or those of the plan when there is none. */
int op_netlink_batches(struct op *op)
{
	int family = (int)op_int(op), err, sock, file;
	struct place at = op_place(op);
	struct blob planned = op_blob(op);
	const uint8_t *data = planned.data;
	size_t len = planned.len;
	void *map = MAP_FAILED;
	struct stat st;

	file = place_open(at, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
	if (file < 0 && file != -ENOENT)
		return file;
	if (file >= 0) {
		err = fstat(file, &st) ? -errno : 0;
		len = err ? 0 : (size_t)st.st_size;
		if (len) {
			map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, file, 0);
			err = map == MAP_FAILED ? -errno : 0;
		}
		close(file);
		if (err)
			return err;
		data = map;
	}
	if (!len)
		return 0;
	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family);
	err = sock < 0 ? -errno : send_batches(sock, data, len);
	if (sock >= 0)
		close(sock);
	if (map != MAP_FAILED)
		munmap(map, len);
	return err;
}
