/* The containers, and an index over their names and addresses that is made anew when something has changed. */
#include "resolver.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

struct container *containers;

struct entry {
	uint64_t hash;
	const struct membership *m;
	const char *name; /* NULL: an address */
	const struct address *address;
	const struct container *owner;
};

static struct entry *entries;
static size_t entry_room, entry_count;
static bool changed = true;

static uint64_t hash_bytes(uint64_t hash, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len--)
		hash = (hash ^ *p++) * 0x100000001b3ULL;
	return hash;
}

static uint64_t name_hash(const struct membership *m, const char *name)
{
	return hash_bytes(m->network_hash, name, strlen(name)) | 1;
}

static uint64_t address_hash(const struct membership *m, const struct address *a)
{
	return hash_bytes(m->network_hash ^ 0x5bd1e995, a->bytes, a->len) | 1;
}

void table_changed(void)
{
	changed = true;
}

struct container *container_get(const char *id, bool make)
{
	struct container *c = containers;

	while (c && memcmp(c->id, id, ID_LEN))
		c = c->next;
	if (c || !make)
		return c;
	c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	memcpy(c->id, id, ID_LEN);
	c->next = containers;
	containers = c;
	return c;
}

static void clear(struct container *c)
{
	for (size_t i = 0; i < c->membership_count; i++) {
		free(c->memberships[i].addresses);
		free(c->memberships[i].names);
		free(c->memberships[i].links);
	}
	free(c->memberships);
	free(c->text);
	c->memberships = NULL;
	c->text = NULL;
	c->membership_count = c->server_count = c->host_count = 0;
	c->listed = c->ndots = false;
	changed = true;
}

/* Frees what neither a file nor a keeper speaks of any more. */
void container_forget(struct container *c)
{
	if (c->listed || c->keeper)
		return;
	for (struct container **at = &containers; *at; at = &(*at)->next)
		if (*at == c) {
			*at = c->next;
			clear(c);
			free(c);
			return;
		}
}

/* Makes room for one more at the end of an array that doubles. */
static void *one_more(void *array, size_t count, size_t size)
{
	return count & (count - 1) ? array : realloc(array, (count ? count * 2 : 1) * size);
}

static bool parse_address(const char *text, struct address *a)
{
	if (inet_pton(AF_INET, text, a->bytes) == 1)
		a->len = 4;
	else if (inet_pton(AF_INET6, text, a->bytes) == 1)
		a->len = 16;
	else
		return false;
	return true;
}

/* Turns %xx back, in place. */
static void decode(char *word)
{
	char *out = word;

	for (; *word; word++) {
		unsigned value = 0;
		int digits = 0;

		while (*word == '%' && digits < 2 && word[1 + digits]) {
			char c = word[1 + digits++];

			value = value * 16 + (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
		}
		*out++ = digits == 2 ? (char)value : *word;
		word += digits == 2 ? 2 : 0;
	}
	*out = 0;
}

static bool add_address(struct membership *m, const char *text)
{
	struct address *more = one_more(m->addresses, m->address_count, sizeof *more);

	if (!more)
		return false;
	m->addresses = more;
	memset(&more[m->address_count], 0, sizeof *more);
	if (parse_address(text, &more[m->address_count]))
		m->address_count++;
	return true;
}

static bool add_text(const char ***list, size_t *count, char *text)
{
	const char **more = one_more(*list, *count, sizeof *more);

	if (!more)
		return false;
	decode(text);
	*list = more;
	more[(*count)++] = text;
	return true;
}

static bool add_membership(struct container *c, char *const *words, size_t n)
{
	struct membership *more, *m;

	if (strlen(words[1]) != ID_LEN)
		return false;
	more = one_more(c->memberships, c->membership_count, sizeof *more);
	if (!more)
		return false;
	c->memberships = more;
	m = &more[c->membership_count++];
	memset(m, 0, sizeof *m);
	decode(words[2]);
	m->network = words[1];
	m->network_name = words[2];
	m->network_hash = hash_bytes(0xcbf29ce484222325ULL, words[1], ID_LEN);
	for (size_t i = 3; i < n; i++) {
		m->resolves |= !strcmp(words[i], "names");
		m->out |= !strcmp(words[i], "out");
	}
	return true;
}

/* More servers than there is room for are left out, as are those that are none. */
static bool add_server(struct container *c, char *text, bool inside)
{
	decode(text);
	if (c->server_count < SERVERS_MAX && parse_server(text, &c->servers[c->server_count]))
		c->servers[c->server_count++].inside = inside;
	return true;
}

/* One line. False for what is no line of this format. */
static bool read_line(struct container *c, char *const *words, size_t n, const char *boot)
{
	struct membership *m = c->membership_count ? &c->memberships[c->membership_count - 1] : NULL;

	if (!strcmp(words[0], "ndots"))
		return c->ndots = true;
	if (n < 2)
		return false;
	if (!strcmp(words[0], "boot"))
		return !strcmp(words[1], boot);
	if (!strcmp(words[0], "container"))
		return !strcmp(words[1], c->id);
	if (!strcmp(words[0], "server"))
		return add_server(c, words[1], n > 2 && !strcmp(words[2], "inside"));
	if (!strcmp(words[0], "host"))
		return c->host_count < HOSTS_MAX && parse_address(words[1], &c->hosts[c->host_count]) ? ++c->host_count > 0 : true;
	if (!strcmp(words[0], "network") && n >= 3)
		return add_membership(c, words, n);
	if (m && !strcmp(words[0], "address"))
		return add_address(m, words[1]);
	if (m && !strcmp(words[0], "name"))
		return add_text(&m->names, &m->name_count, words[1]);
	if (m && !strcmp(words[0], "link") && n == 3)
		return add_text(&m->links, &m->link_count, words[1]) && add_text(&m->links, &m->link_count, words[2]);
	return false;
}

static bool read_lines(struct container *c, const char *boot)
{
	char *line_end, *line = c->text;

	for (unsigned number = 0; (line_end = strchr(line, '\n')); line = line_end + 1, number++) {
		char *words[8], *rest = line;
		size_t n = 0;

		*line_end = 0;
		if (!number) {
			if (strcmp(line, "berth-names 1"))
				return false;
			continue;
		}
		if (!strcmp(line, "end"))
			return line_end[1] == 0;
		while (n < ARRAY_LEN(words) && (words[n] = strsep(&rest, " ")))
			n++;
		if (!n || !read_line(c, words, n, boot))
			return false;
	}
	return false;
}

/*
 * Takes over a file's text (malloc'ed, NUL behind it). A file that is not whole yet changes nothing: there will be another
 * event when it is. False: refused.
 */
bool table_load(const char *id, char *text, size_t len, const char *boot)
{
	struct container *c;

	if (len < 5 || memcmp(text + len - 5, "\nend\n", 5) || strlen(text) != len || !(c = container_get(id, true))) {
		free(text);
		return false;
	}
	clear(c);
	c->text = text;
	c->listed = read_lines(c, boot);
	if (c->listed)
		return true;
	clear(c);
	container_forget(c);
	return false;
}

void table_drop(const char *id)
{
	struct container *c = container_get(id, false);

	if (!c)
		return;
	clear(c);
	container_forget(c);
}

static void index_add(struct entry e)
{
	size_t at = e.hash & (entry_room - 1);

	while (entries[at].hash)
		at = (at + 1) & (entry_room - 1);
	entries[at] = e;
	entry_count++;
}

static void index_membership(const struct container *c, const struct membership *m)
{
	for (size_t i = 0; i < m->name_count; i++)
		index_add((struct entry){name_hash(m, m->names[i]), m, m->names[i], NULL, c});
	for (size_t i = 0; i < m->address_count; i++)
		index_add((struct entry){address_hash(m, &m->addresses[i]), m, NULL, &m->addresses[i], c});
}

static size_t count_entries(void)
{
	size_t n = 0;

	for (struct container *c = containers; c; c = c->next)
		for (size_t i = 0; i < c->membership_count; i++)
			n += c->memberships[i].name_count + c->memberships[i].address_count;
	return n;
}

/* Half of the room stays free. Without memory for a new index the old one must go too: it points into freed records. */
static void make_index(void)
{
	size_t room = 64, need = count_entries();

	while (room < need * 2)
		room *= 2;
	free(entries);
	entries = calloc(room, sizeof *entries);
	entry_room = entries ? room : 0;
	entry_count = 0;
	changed = !entries;
	for (struct container *c = entries ? containers : NULL; c; c = c->next)
		for (size_t i = 0; c->listed && !c->gone && i < c->membership_count; i++)
			if (c->memberships[i].resolves)
				index_membership(c, &c->memberships[i]);
}

/* Walks over the entries with a hash; *at is the position, SIZE_MAX at first. */
static const struct entry *next_entry(uint64_t hash, size_t *at)
{
	if (!entry_room)
		return NULL;
	*at = (*at == SIZE_MAX ? hash : *at + 1) & (entry_room - 1);
	for (; entries[*at].hash; *at = (*at + 1) & (entry_room - 1))
		if (entries[*at].hash == hash)
			return &entries[*at];
	return NULL;
}

static bool same_network(const struct membership *a, const struct membership *b)
{
	return !memcmp(a->network, b->network, ID_LEN);
}

/* Adds the addresses of one family that a name has in a network; *known when it is a name there at all. */
size_t table_find(const struct membership *m, const char *name, uint8_t family, struct address *found, size_t cap, bool *known)
{
	uint64_t hash = name_hash(m, name);
	const struct entry *e;
	size_t n = 0;

	if (changed)
		make_index();
	for (size_t at = SIZE_MAX; (e = next_entry(hash, &at));) {
		if (!e->name || strcmp(e->name, name) || !same_network(e->m, m))
			continue;
		*known = true;
		for (size_t i = 0; i < e->m->address_count && n < cap; i++)
			if (e->m->addresses[i].len == family)
				found[n++] = e->m->addresses[i];
	}
	return n;
}

/* "name.network" of an address in a network. */
bool table_reverse(const struct membership *m, const struct address *a, char *name, size_t cap)
{
	const struct entry *e;

	if (changed)
		make_index();
	for (size_t at = SIZE_MAX; (e = next_entry(address_hash(m, a), &at));) {
		if (e->name || e->address->len != a->len || memcmp(e->address->bytes, a->bytes, a->len) || !same_network(e->m, m) ||
		    !e->m->name_count || strlen(e->m->names[0]) + strlen(e->m->network_name) + 2 > cap)
			continue;
		strcpy(name, e->m->names[0]);
		strcat(name, ".");
		strcat(name, e->m->network_name);
		return true;
	}
	return false;
}
