/* Shared declarations of the resolver. See README.md for what it is and for the format of its files. */
#ifndef RESOLVER_H
#define RESOLVER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof *(a))

enum { ID_LEN = 64, SERVERS_MAX = 3, HOSTS_MAX = 4, MESSAGE_MAX = 65535, NAME_TEXT_MAX = 256 };

struct address {
	uint8_t len; /* 4 or 16 */
	uint8_t bytes[16];
};

/* A name server to ask. */
struct server {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} name;
	socklen_t len;
	bool inside; /* in the container's own network namespace */
};

/* A container's place in one network. Texts point into the record's own memory. */
struct membership {
	const char *network; /* ID_LEN bytes */
	const char *network_name;
	uint64_t network_hash;
	bool resolves, out;
	struct address *addresses;
	const char **names;
	const char **links; /* alias, name, alias, name, ... */
	size_t address_count, name_count, link_count;
};

struct keeper;

/* One container: what its file says, and the keeper that handed its sockets over. */
struct container {
	struct container *next;
	char id[ID_LEN + 1];
	bool listed; /* its file is there and whole */
	bool gone;   /* its keeper was here and left */
	bool ndots;
	struct keeper *keeper;
	char *text;
	struct membership *memberships;
	size_t membership_count;
	struct server servers[SERVERS_MAX];
	struct address hosts[HOSTS_MAX];
	unsigned server_count, host_count;
};

/* A descriptor that the loop looks after; first member of what it belongs to. */
struct watch {
	void (*event)(struct watch *w, uint32_t events);
	int fd;
	uint32_t events;
};

/* loop.c */
extern uint64_t now_ms;
void loop_prepare(void);
void watch_start(struct watch *w, int fd, uint32_t events, void (*event)(struct watch *w, uint32_t events));
void watch_change(struct watch *w, uint32_t events);
void watch_stop(struct watch *w);
void free_later(void *memory);
void loop_wake_at(uint64_t ms);
void loop_run(void) __attribute__((noreturn));
uint32_t random_number(void);
void random_seed(void);

/* table.c */
extern struct container *containers;
struct container *container_get(const char *id, bool make);
void container_forget(struct container *c);
bool table_load(const char *id, char *text, size_t len, const char *boot);
void table_drop(const char *id);
void table_changed(void);
size_t table_find(const struct membership *m, const char *name, uint8_t family, struct address *found, size_t cap, bool *known);
bool table_reverse(const struct membership *m, const struct address *a, char *name, size_t cap);

/* files.c */
void files_watch(int directory, const char *boot);
void files_load(const char *id);

/* message.c */
struct question {
	char name[NAME_TEXT_MAX]; /* lower case, without the last dot */
	bool plain;		  /* no label has a byte that would be mistaken for something else */
	uint16_t type, class;
	size_t end;	  /* offset behind the question section */
	size_t edns_size; /* 0: none */
	uint8_t edns_version;
};
enum { TYPE_A = 1, TYPE_PTR = 12, TYPE_AAAA = 28, TYPE_OPT = 41, TYPE_ANY = 255, CLASS_IN = 1 };
enum { RCODE_OK, RCODE_FORMAT, RCODE_FAILURE, RCODE_NAME, RCODE_NOT_IMPLEMENTED, RCODE_REFUSED };
enum { HEADER_LEN = 12 };
uint16_t get16(const uint8_t *p);
void put16(uint8_t *p, uint16_t v);
int read_question(const uint8_t *message, size_t len, struct question *q);
bool same_question(const uint8_t *query, const uint8_t *answer, size_t len);
size_t plain_answer(const uint8_t *query, size_t question_end, unsigned rcode, uint8_t *out);
size_t write_name(const char *name, uint8_t *out, size_t cap);
size_t cut_answer(uint8_t *message, size_t len, size_t question_end, size_t limit);

/* answer.c */
enum verdict { DROP, REPLY, FORWARD };
enum verdict answer(const struct container *asker, const uint8_t *query, size_t len, bool tcp, struct question *q, uint8_t *out,
		    size_t *out_len);
bool may_forward(const struct container *asker);

/* A container's keeper, and the sockets that came from it. */
struct keeper {
	struct watch connection, udp, tcp;
	struct watch inside; /* UDP, to servers in the container's own network namespace */
	struct keeper *next;
	struct container *container;
	uint64_t hello_until;
	unsigned clients;
};

#define KEEPER_OF(w, member) ((struct keeper *)(void *)((char *)(w) - offsetof(struct keeper, member)))

/* keepers.c */
void keepers_listen(int listener, uint64_t linger_ms);
void keepers_tick(void);

/* Whom an answer is for: an address of the UDP socket, or a TCP connection by its number. */
struct client {
	uint64_t tcp; /* 0: UDP */
	struct sockaddr_in from;
};

/* clients.c */
void clients_datagrams(struct watch *w, uint32_t events);
void clients_accept(struct watch *w, uint32_t events);
void clients_reply(struct keeper *k, const struct client *to, uint8_t *message, size_t len, size_t limit);
void clients_drop(const struct keeper *k);
void clients_tick(void);

/* servers.c */
bool parse_server(const char *text, struct server *s);
unsigned host_servers(struct server servers[SERVERS_MAX]);
void servers_prepare(const char *resolv_conf);

/* forward.c */
void forward_inside(struct keeper *k);
void forward(struct keeper *k, const struct container *asker, const struct client *to, const uint8_t *query, size_t len,
	     const struct question *q);
void forward_abandon(const struct keeper *k, uint64_t tcp);
void forward_tick(void);

/* sandbox.c */
void sandbox_enter(const char *resolv_conf, int guard);

/* guard.c */
struct guard {
	const char *table;
	const char *own_names; /* "a,b": programs that change the table on purpose */
	char **command;	       /* restores the table; NULL: nothing to guard */
};
int guard_open(const struct guard *g);
void guard_event(const struct guard *g, int sock);
void guard_child_ended(int pid, int status);
int guard_timeout_ms(void);
void guard_tick(const struct guard *g);
bool guard_is_busy(void);

/* hold.c */
void hold_connections(const char *table);

/* loopback.c, published.c: a bit for each port of TCP, then of UDP */
enum { PORT_BITMAP = 65536 / 8, PORT_BITMAPS = 2 * PORT_BITMAP };
void loopback_ports(const uint8_t bitmaps[PORT_BITMAPS]);
void published_ports(const char *table, uint8_t bitmaps[PORT_BITMAPS]);

#endif
