/*
 * A table of the guard's own, without an effect on any packet. The kernel follows connections and translates their addresses only
 * while some rule looks at them: without this one, flushing all rules would reset what goes through published ports. A table that has
 * an owner (Linux 5.12) cannot be flushed by others, and vanishes with its owner's socket.
 */
#include "resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ROOM = 4096, ANSWERS = 8192, PRIORITY = 2000, NAME_MAX_LEN = 64, TRIES = 50, WAIT_NS = 10000000 };

static uint8_t bytes[ROOM] __attribute__((aligned(8)));
static size_t len;

static void add(const void *data, size_t n)
{
	if (len + NLMSG_ALIGN(n) > sizeof bytes)
		return; /* never: all lengths are known */
	memcpy(bytes + len, data, n);
	memset(bytes + len + n, 0, NLMSG_ALIGN(n) - n);
	len += NLMSG_ALIGN(n);
}

/* Begins a message or a nest at `at`; what follows belongs to it until its end is known. */
static size_t begin_message(uint16_t type, uint16_t flags, uint8_t family, uint16_t resource)
{
	static uint32_t sequence;
	size_t at = len;
	struct nlmsghdr h = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = ++sequence};
	struct nfgenmsg g = {.nfgen_family = family, .res_id = htons(resource)};

	add(&h, sizeof h);
	add(&g, sizeof g);
	return at;
}

static void end_message(size_t at)
{
	uint32_t n = (uint32_t)(len - at);

	memcpy(bytes + at, &n, sizeof n);
}

static void attribute(uint16_t type, const void *data, size_t n)
{
	struct nlattr a = {.nla_len = (uint16_t)(sizeof a + n), .nla_type = type};

	add(&a, sizeof a);
	add(data, n);
}

static void number(uint16_t type, uint32_t value)
{
	value = htonl(value);
	attribute(type, &value, sizeof value);
}

static void word(uint16_t type, const char *s)
{
	attribute(type, s, strlen(s) + 1);
}

static size_t begin_nest(uint16_t type)
{
	struct nlattr a = {.nla_type = type | NLA_F_NESTED};
	size_t at = len;

	add(&a, sizeof a);
	return at;
}

static void end_nest(size_t at)
{
	uint16_t n = (uint16_t)(len - at);

	memcpy(bytes + at, &n, sizeof n);
}

static void chain(uint8_t family, const char *table, const char *name, uint32_t hook)
{
	size_t message = begin_message(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN, NLM_F_CREATE, family, 0), nest;

	word(NFTA_CHAIN_TABLE, table);
	word(NFTA_CHAIN_NAME, name);
	nest = begin_nest(NFTA_CHAIN_HOOK);
	number(NFTA_HOOK_HOOKNUM, hook);
	number(NFTA_HOOK_PRIORITY, PRIORITY);
	end_nest(nest);
	word(NFTA_CHAIN_TYPE, "nat");
	end_message(message);
}

/* "ct state", and nothing that follows from it: enough for the kernel to follow connections. */
static void look(uint8_t family, const char *table, const char *name)
{
	size_t message = begin_message(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_ACK, family, 0);
	size_t list, element, data;

	word(NFTA_RULE_TABLE, table);
	word(NFTA_RULE_CHAIN, name);
	list = begin_nest(NFTA_RULE_EXPRESSIONS);
	element = begin_nest(NFTA_LIST_ELEM);
	word(NFTA_EXPR_NAME, "ct");
	data = begin_nest(NFTA_EXPR_DATA);
	number(NFTA_CT_DREG, NFT_REG_1);
	number(NFTA_CT_KEY, NFT_CT_STATE);
	end_nest(data);
	end_nest(element);
	end_nest(list);
	end_message(message);
}

static void table_of(uint8_t family, const char *table)
{
	static const char *const names[] = {"prerouting", "input", "output", "postrouting"};
	static const uint32_t hooks[] = {NF_INET_PRE_ROUTING, NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING};
	size_t message;

	len = 0;
	end_message(begin_message(NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
	message = begin_message(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE, NLM_F_CREATE, family, 0);
	word(NFTA_TABLE_NAME, table);
	number(NFTA_TABLE_FLAGS, NFT_TABLE_F_OWNER);
	end_message(message);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		chain(family, table, names[i], hooks[i]);
	look(family, table, names[0]);
	end_message(begin_message(NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
}

/* Sends it, and reads the answers, which are there by then. True when an owner is in the way. */
static bool is_taken(int sock)
{
	static uint8_t answers[ANSWERS] __attribute__((aligned(8)));
	bool taken = false;
	ssize_t n;

	if (send(sock, bytes, len, 0) < 0)
		return false;
	while ((n = recv(sock, answers, sizeof answers, MSG_DONTWAIT)) > 0)
		for (struct nlmsghdr *h = (void *)answers; NLMSG_OK(h, (size_t)n); h = NLMSG_NEXT(h, n)) {
			int err;

			if (h->nlmsg_type != NLMSG_ERROR || h->nlmsg_len < NLMSG_LENGTH(sizeof err))
				continue;
			memcpy(&err, NLMSG_DATA(h), sizeof err);
			taken |= err == -EPERM;
		}
	return taken;
}

/* Holds as long as this process lives, on a socket that stays open. A kernel that cannot do it does without. */
void hold_connections(const char *table)
{
	static const uint8_t families[] = {NFPROTO_IPV4, NFPROTO_IPV6};
	char name[NAME_MAX_LEN];
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	if (sock < 0)
		return;
	snprintf(name, sizeof name, "%s-hold", table);
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		for (int tries = 0; tries < TRIES; tries++) {
			table_of(families[i], name);
			if (!is_taken(sock))
				break;
			/* a guard that was killed is still on its way out */
			nanosleep(&(struct timespec){.tv_nsec = WAIT_NS}, NULL);
		}
}
