/* Which ports of the host's loopback addresses the table publishes, by the kernel's own account. */
#include "resolver.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 65536, PROTOCOL_FIELD = 4, NAME_ROOM = 64 };

struct span {
	const uint8_t *at;
	size_t len;
};

/* The first attribute of a type in a span, which begins there again behind it. */
static bool next_attribute(struct span *s, uint16_t type, struct span *value)
{
	while (s->len >= sizeof(struct nlattr)) {
		struct nlattr a;
		size_t step;

		memcpy(&a, s->at, sizeof a);
		if (a.nla_len < sizeof a || a.nla_len > s->len)
			return false;
		*value = (struct span){s->at + sizeof a, a.nla_len - sizeof a};
		step = NLA_ALIGN((size_t)a.nla_len);
		step = step > s->len ? s->len : step;
		s->at += step;
		s->len -= step;
		if ((a.nla_type & NLA_TYPE_MASK) == type)
			return true;
	}
	return false;
}

static bool attribute(struct span s, uint16_t type, struct span *value)
{
	return next_attribute(&s, type, value);
}

static uint16_t port_of(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* A range of ports at a range of addresses: address, protocol and port, each padded to four bytes (src/network/firewall/key.ts). */
static void mark(struct span element, const uint8_t *loopback, size_t width, bool yes, uint8_t bitmaps[PORT_BITMAPS])
{
	struct span outer, first, last;
	uint8_t *bits;

	if (!attribute(element, NFTA_SET_ELEM_KEY, &outer) || !attribute(outer, NFTA_DATA_VALUE, &first))
		return;
	last = first;
	if (attribute(element, NFTA_SET_ELEM_KEY_END, &outer) && !attribute(outer, NFTA_DATA_VALUE, &last))
		return;
	if (first.len < width + 2 * PROTOCOL_FIELD || last.len < first.len || memcmp(first.at, loopback, width) > 0 ||
	    memcmp(last.at, loopback, width) < 0)
		return;
	if (first.at[width] != IPPROTO_TCP && first.at[width] != IPPROTO_UDP)
		return;
	bits = bitmaps + (first.at[width] == IPPROTO_UDP ? PORT_BITMAP : 0);
	for (uint32_t port = port_of(first.at + width + PROTOCOL_FIELD); port <= port_of(last.at + width + PROTOCOL_FIELD); port++)
		bits[port >> 3] = (uint8_t)(yes ? bits[port >> 3] | 1u << (port & 7) : bits[port >> 3] & ~(1u << (port & 7)));
}

static size_t put_name(uint8_t *at, uint16_t type, const char *name)
{
	struct nlattr a = {.nla_len = (uint16_t)(sizeof a + strlen(name) + 1), .nla_type = type};

	memset(at, 0, NLA_ALIGN(a.nla_len));
	memcpy(at, &a, sizeof a);
	memcpy(at + sizeof a, name, strlen(name));
	return NLA_ALIGN(a.nla_len);
}

/* Goes through a set. What cannot be read has no ports. */
static void read_set(int sock, uint8_t family, const char *table, const char *set, bool yes, uint8_t bitmaps[PORT_BITMAPS])
{
	static const uint8_t loopback4[] = {127, 0, 0, 1}, loopback6[16] = {[15] = 1};
	static uint8_t buf[BUFFER] __attribute__((aligned(8)));
	struct nlmsghdr h = {.nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP};
	struct nfgenmsg g = {.nfgen_family = family};
	size_t len = NLMSG_LENGTH(sizeof g);
	bool ended;

	if (strlen(table) >= NAME_ROOM)
		return;
	len += put_name(buf + len, NFTA_SET_ELEM_LIST_TABLE, table);
	len += put_name(buf + len, NFTA_SET_ELEM_LIST_SET, set);
	h.nlmsg_len = (uint32_t)len;
	memcpy(buf, &h, sizeof h);
	memcpy(buf + NLMSG_HDRLEN, &g, sizeof g);
	ended = send(sock, buf, len, 0) < 0;
	while (!ended) {
		ssize_t n = recv(sock, buf, sizeof buf, 0);

		ended = n <= 0;
		for (struct nlmsghdr *m = (void *)buf; n > 0 && NLMSG_OK(m, (size_t)n); m = NLMSG_NEXT(m, n)) {
			struct span all = {(uint8_t *)m + NLMSG_LENGTH(sizeof g), 0}, list, element;

			ended |= m->nlmsg_type == NLMSG_DONE || m->nlmsg_type == NLMSG_ERROR;
			if (m->nlmsg_type < NLMSG_MIN_TYPE || m->nlmsg_len < NLMSG_LENGTH(sizeof g))
				continue;
			all.len = m->nlmsg_len - NLMSG_LENGTH(sizeof g);
			if (!attribute(all, NFTA_SET_ELEM_LIST_ELEMENTS, &list))
				continue;
			while (next_attribute(&list, NFTA_LIST_ELEM, &element))
				mark(element, family == NFPROTO_IPV4 ? loopback4 : loopback6, family == NFPROTO_IPV4 ? 4 : 16, yes,
				     bitmaps);
		}
	}
}

/* Where bridged packets do not pass the IP rules, what is published for IPv6 answers at ::1 by itself. */
static bool answers_by_itself(void)
{
	char value = '0';
	int fd = open("/proc/sys/net/bridge/bridge-nf-call-ip6tables", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		(void)!read(fd, &value, 1);
		close(fd);
	}
	return value == '0';
}

/* Ports of 127.0.0.1 that the table publishes and that do not answer at ::1 by themselves. */
void published_ports(const char *table, uint8_t bitmaps[PORT_BITMAPS])
{
	static const char *const sets[] = {"guarded", "open"};
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	memset(bitmaps, 0, PORT_BITMAPS);
	if (sock < 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(sets); i++)
		read_set(sock, NFPROTO_IPV4, table, sets[i], true, bitmaps);
	for (size_t i = 0; i < ARRAY_LEN(sets) && answers_by_itself(); i++)
		read_set(sock, NFPROTO_IPV6, table, sets[i], false, bitmaps);
	close(sock);
}
