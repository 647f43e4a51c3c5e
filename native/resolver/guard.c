/*
 * The guard of the rules: learns from the kernel when somebody takes the table away, and runs the command that puts it back. It
 * reads nothing that containers send.
 */
#include "resolver.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_MS = 300, LONGEST_PAUSE_MS = 60000, BUFFER = 65536, KERNEL_BUFFER = 8 << 20 };

static int command_pid;
static bool wanted, missed; /* missed: the kernel had to drop notices */
static bool changed;	       /* other ports may be published */
static uint64_t pause_ms = PAUSE_MS;
static uint64_t not_before;
/* within one transaction of the kernel's; tables of that name by address family, one bit each */
static uint32_t removed;
static bool thinned, added;

static uint64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* The text of an attribute right behind the header of an nfnetlink message, or NULL. */
static const char *text_of(const struct nlmsghdr *h, uint16_t type)
{
	const char *at = (const char *)h + NLMSG_LENGTH(sizeof(struct nfgenmsg)), *end = (const char *)h + h->nlmsg_len;

	while (end - at >= (ptrdiff_t)sizeof(struct nlattr)) {
		struct nlattr a;

		memcpy(&a, at, sizeof a);
		if (a.nla_len < sizeof a || a.nla_len > end - at)
			return NULL;
		if ((a.nla_type & NLA_TYPE_MASK) == type)
			return a.nla_len > sizeof a && !at[a.nla_len - 1] ? at + sizeof a : NULL;
		at += NLA_ALIGN(a.nla_len);
	}
	return NULL;
}

static bool is_own_program(const struct guard *g, const char *name)
{
	size_t len = name ? strlen(name) : 0;

	for (const char *at = g->own_names; len && *at; at += strcspn(at, ","), at += *at == ',')
		if (strcspn(at, ",") == len && !memcmp(at, name, len))
			return true;
	return false;
}

/* One notification. The kernel sends those of a transaction together and NEWGEN, with the program's name, at their end. */
static void notice(const struct guard *g, const struct nlmsghdr *h)
{
	const struct nfgenmsg *header = NLMSG_DATA(h);
	const char *table;
	uint32_t family;

	if (h->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES)
		return;
	if ((h->nlmsg_type & 255) == NFT_MSG_NEWGEN) {
		wanted |= removed || (thinned && !added && !is_own_program(g, text_of(h, NFTA_GEN_PROC_NAME)));
		removed = 0;
		thinned = added = false;
		return;
	}
	table = text_of(h, NFTA_TABLE_NAME); /* the same number in messages of chains, rules and sets */
	if (!table || strcmp(table, g->table))
		return;
	changed = true;
	family = 1u << (header->nfgen_family & 31);
	switch (h->nlmsg_type & 255) {
	case NFT_MSG_DELTABLE:
		removed |= family;
		break;
	case NFT_MSG_NEWTABLE:
		removed &= ~family;
		added = true;
		break;
	case NFT_MSG_NEWRULE:
	case NFT_MSG_NEWCHAIN:
	case NFT_MSG_NEWSET:
		added = true;
		break;
	case NFT_MSG_DELRULE:
	case NFT_MSG_DELCHAIN:
	case NFT_MSG_DELSET:
		thinned = true;
		break;
	default:
		break;
	}
}

/* Reads what has come. */
void guard_event(const struct guard *g, int sock)
{
	static char buf[BUFFER] __attribute__((aligned(8)));

	for (;;) {
		ssize_t n = recv(sock, buf, sizeof buf, MSG_DONTWAIT);

		if (n < 0 && errno == ENOBUFS)
			missed = true;
		else if (n < 0)
			return;
		for (struct nlmsghdr *h = (void *)buf; n > 0 && NLMSG_OK(h, (size_t)n); h = NLMSG_NEXT(h, n))
			notice(g, h);
	}
}

/* Asks for all tables; the answers come as notifications do. True when ours is among them. */
static bool table_is_there(const struct guard *g)
{
	struct {
		struct nlmsghdr h;
		struct nfgenmsg g;
	} request = {
		.h = {sizeof request, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE, NLM_F_REQUEST | NLM_F_DUMP, 1, 0},
	};
	static char buf[BUFFER] __attribute__((aligned(8)));
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	bool found = false, ended = sock < 0 || send(sock, &request, sizeof request, 0) < 0, failed = ended;

	while (!ended) {
		ssize_t n = recv(sock, buf, sizeof buf, 0);

		failed = ended = n <= 0;
		for (struct nlmsghdr *h = (void *)buf; !failed && NLMSG_OK(h, (size_t)n); h = NLMSG_NEXT(h, n)) {
			const char *table = h->nlmsg_type < NLMSG_MIN_TYPE ? NULL : text_of(h, NFTA_TABLE_NAME);

			ended |= h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR;
			found |= table && !strcmp(table, g->table);
		}
	}
	if (sock >= 0)
		close(sock);
	return found || failed;
}

/* The socket of the notifications, or -1 when there is nothing to guard or no nftables. The table may be gone already. */
int guard_open(const struct guard *g)
{
	struct sockaddr_nl name = {.nl_family = AF_NETLINK};
	int group = NFNLGRP_NFTABLES, size = KERNEL_BUFFER, sock;

	if (!g->command)
		return -1;
	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
	if (sock >= 0 && (bind(sock, (struct sockaddr *)&name, sizeof name) ||
			  setsockopt(sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group))) {
		close(sock);
		sock = -1;
	}
	if (sock >= 0)
		setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
	hold_connections(g->table);
	changed = sock >= 0;
	wanted = sock >= 0 && !table_is_there(g);
	return sock;
}

/* A command that failed is tried again, less and less often. */
void guard_child_ended(int pid, int status)
{
	if (pid != command_pid)
		return;
	command_pid = 0;
	wanted |= status != 0;
	pause_ms = !status ? PAUSE_MS : pause_ms * 2 > LONGEST_PAUSE_MS ? LONGEST_PAUSE_MS : pause_ms * 2;
	not_before = clock_ms() + pause_ms;
}

bool guard_is_busy(void)
{
	return command_pid != 0;
}

/* How long to wait for events at most, for poll. */
int guard_timeout_ms(void)
{
	uint64_t now = clock_ms();

	if (!wanted || command_pid)
		return -1;
	return now >= not_before ? 0 : (int)(not_before - now);
}

/* Runs the command when it is needed and does not run already. */
void guard_tick(const struct guard *g)
{
	if (missed) {
		missed = false;
		changed = true;
		wanted |= !table_is_there(g);
	}
	if (changed) {
		static uint8_t bitmaps[PORT_BITMAPS];

		changed = false;
		published_ports(g->table, bitmaps);
		loopback_ports(bitmaps);
	}
	if (!wanted || command_pid || clock_ms() < not_before)
		return;
	wanted = false;
	command_pid = fork();
	if (command_pid == 0) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		if (chdir("/"))
			_exit(126);
		execv(g->command[0], g->command);
		_exit(127);
	}
	if (command_pid < 0)
		command_pid = 0;
}
