/* What is answered from the table, with Docker's rules, and what has to be asked elsewhere. */
#include "resolver.h"

#include <string.h>
#include <strings.h>

enum { FOUND_MAX = 4096, TTL_S = 600, OPT_SIZE = 11, OWN_EDNS_SIZE = 1232 };

static struct address found[FOUND_MAX];

/* A container with a network that leads out may ask the world; one on internal networks alone may not. */
bool may_forward(const struct container *asker)
{
	for (size_t i = 0; i < asker->membership_count; i++)
		if (asker->memberships[i].out)
			return true;
	return false;
}

/* A name, or a name that only the asker knows (a link), in one network. */
static size_t find_in(const struct membership *m, const char *name, uint8_t family, bool links, bool *known)
{
	size_t linked = 0;

	for (size_t i = 0; i < m->link_count; i += 2)
		if (!strcmp(m->links[i], name))
			linked = i + 1;
	if (links && linked)
		return table_find(m, m->links[linked], family, found, FOUND_MAX, known);
	return links || linked ? 0 : table_find(m, name, family, found, FOUND_MAX, known);
}

static size_t find_everywhere(const struct container *asker, const char *name, const char *network, uint8_t family, bool *known)
{
	for (int links = 1; links >= 0; links--)
		for (size_t i = 0; i < asker->membership_count; i++) {
			const struct membership *m = &asker->memberships[i];
			size_t n;

			if (!m->resolves || (network && strcasecmp(network, m->network_name)))
				continue;
			n = find_in(m, name, family, links, known);
			if (n)
				return n;
		}
	return 0;
}

static bool is_host_name(const char *name)
{
	return !strcmp(name, "host.docker.internal") || !strcmp(name, "gateway.docker.internal");
}

/* a.b.c: "a.b.c" anywhere, then "a.b" in network "c", then "a" in network "b.c". */
static size_t find(const struct container *asker, const char *name, uint8_t family, bool *known)
{
	char head[NAME_TEXT_MAX];
	size_t n = find_everywhere(asker, name, NULL, family, known);

	strcpy(head, name);
	for (char *dot; !n && !*known && (dot = strrchr(head, '.'));) {
		*dot = 0;
		n = find_everywhere(asker, head, name + (dot - head) + 1, family, known);
	}
	if (n || *known || !is_host_name(name))
		return n;
	*known = true;
	for (unsigned i = 0; i < asker->host_count; i++)
		if (asker->hosts[i].len == family)
			found[n++] = asker->hosts[i];
	return n;
}

/* The kernel of a shuffle: every address comes first equally often. */
static void shuffle(size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t other = random_number() % i;
		struct address a = found[i - 1];

		found[i - 1] = found[other];
		found[other] = a;
	}
}

struct reply {
	uint8_t *out;
	size_t len, limit, end;
	unsigned count;
	bool cut;
};

static void add_record(struct reply *r, uint16_t type, const void *data, size_t len)
{
	uint8_t *p = r->out + r->len;

	if (r->cut || r->len + 12 + len > r->limit) {
		r->cut = true;
		return;
	}
	put16(p, 0xc000 | HEADER_LEN); /* the name of the question */
	put16(p + 2, type);
	put16(p + 4, CLASS_IN);
	put16(p + 6, 0);
	put16(p + 8, TTL_S);
	put16(p + 10, (uint16_t)len);
	memcpy(p + 12, data, len);
	r->len += 12 + len;
	r->count++;
}

static void add_addresses(struct reply *r, size_t n)
{
	shuffle(n);
	for (size_t i = 0; i < n; i++)
		add_record(r, found[i].len == 4 ? TYPE_A : TYPE_AAAA, found[i].bytes, found[i].len);
}

/* Who says what it can do is told the same. `version` is the only extended response code there is here. */
static void add_opt(struct reply *r, bool bad_version)
{
	uint8_t *p = r->out + r->len;

	memset(p, 0, OPT_SIZE);
	put16(p + 1, TYPE_OPT);
	put16(p + 3, OWN_EDNS_SIZE);
	p[5] = bad_version; /* BADVERS is 16: its upper bits */
	r->len += OPT_SIZE;
	put16(r->out + 10, 1);
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "4.3.2.1.in-addr.arpa" and its like of 32 digits. */
static bool reverse_address(const char *name, struct address *a)
{
	const char *at = name;

	if (strlen(name) == 72 && !strcmp(name + 63, ".ip6.arpa")) {
		for (int i = 0; i < 32; i++, at += 2) {
			int digit = hex_digit(*at);

			if (digit < 0 || at[1] != '.')
				return false;
			if (i % 2)
				a->bytes[15 - i / 2] |= (uint8_t)(digit << 4);
			else
				a->bytes[15 - i / 2] = (uint8_t)digit;
		}
		a->len = 16;
		return true;
	}
	for (int i = 3; i >= 0; i--) {
		unsigned value = 0, digits = 0;

		while (*at >= '0' && *at <= '9' && digits++ < 3)
			value = value * 10 + (unsigned)(*at++ - '0');
		if (!digits || value > 255 || *at++ != '.')
			return false;
		a->bytes[i] = (uint8_t)value;
	}
	a->len = 4;
	return !strcmp(at, "in-addr.arpa");
}

static bool add_reverse(struct reply *r, const struct container *asker, const char *name)
{
	char text[NAME_TEXT_MAX];
	uint8_t wire[NAME_TEXT_MAX];
	struct address a;

	if (!reverse_address(name, &a))
		return false;
	for (size_t i = 0; i < asker->membership_count; i++) {
		size_t len;

		if (!asker->memberships[i].resolves || !table_reverse(&asker->memberships[i], &a, text, sizeof text))
			continue;
		len = write_name(text, wire, sizeof wire);
		if (len)
			add_record(r, TYPE_PTR, wire, len);
		return true;
	}
	return false;
}

/* True when the table knows the name, whatever it has for it. */
static bool look_up(struct reply *r, const struct container *asker, const struct question *q)
{
	bool known = false;

	if (q->class != CLASS_IN || !q->plain)
		return false;
	if (q->type == TYPE_PTR)
		return add_reverse(r, asker, q->name);
	if (q->type == TYPE_A || q->type == TYPE_ANY)
		add_addresses(r, find(asker, q->name, 4, &known));
	if (q->type == TYPE_AAAA || q->type == TYPE_ANY)
		add_addresses(r, find(asker, q->name, 16, &known));
	if (!known)
		find(asker, q->name, 4, &known);
	return known;
}

/*
 * Answers a query, or says that it is for others. `out` has room for MESSAGE_MAX bytes.
 * Docker's rule for names in the root domain: with ndots set by the user they are not asked elsewhere.
 */
enum verdict answer(const struct container *asker, const uint8_t *query, size_t len, bool tcp, struct question *q, uint8_t *out,
		    size_t *out_len)
{
	struct reply r = {.out = out};
	int rcode = read_question(query, len, q);
	bool address = q->type == TYPE_A || q->type == TYPE_AAAA;

	if (rcode < 0)
		return DROP;
	r.len = r.end = plain_answer(query, q->end, (unsigned)rcode, out);
	r.limit = tcp ? MESSAGE_MAX : q->edns_size ? q->edns_size : 512;
	r.limit -= q->edns_size ? OPT_SIZE : 0;
	if (!rcode && q->edns_version) {
		add_opt(&r, true);
	} else if (!rcode && look_up(&r, asker, q)) {
		put16(out + 6, (uint16_t)r.count);
		if (r.cut)
			out[2] |= 0x02;
		if (q->edns_size)
			add_opt(&r, false);
	} else if (!rcode && address && asker->ndots && !strchr(q->name, '.')) {
		/* an answer without records: the client goes on with its search domains */
	} else if (!rcode) {
		if (may_forward(asker))
			return FORWARD;
		out[3] |= RCODE_FAILURE;
	}
	*out_len = r.len;
	return REPLY;
}
