/* Shared declarations of the keeper. The protocol is described in README.md and protocol.h. */
#ifndef KEEPER_H
#define KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "protocol.h"

#define SLOTS 64
#define ARRAY_LEN(a) (sizeof(a) / sizeof *(a))

/* One op of the plan, with a read position in its fields. */
struct op {
	const uint8_t *at, *end;
	const uint8_t *tolerated; /* uint16_t[], unaligned */
	uint32_t index;
	uint16_t code;
	uint8_t side, tolerated_count;
};

struct blob {
	const uint8_t *data;
	uint32_t len;
};

struct list {
	const uint8_t *at;
	uint32_t left;
};

/* A file: a trusted host path, or a path resolved beneath the descriptor in a slot. */
struct place {
	int root; /* slot, or -1 */
	const char *path;
};

/* Bounded text: silently cut, always terminated. */
struct text {
	char *buf;
	size_t len, cap;
};

/* What went wrong, as reported to TypeScript. */
struct failure {
	uint32_t index;
	uint16_t code;
	uint8_t side, reason;
	int32_t err;
	char path[512];
	char detail[512];
};

struct settings {
	uint64_t mode, stdio, stdin_mode, pipe_uid, pipe_gid, log_driver, log_max_size, log_max_files, die_with_keeper,
		preserve_fds, names_when, forward_kind, forward_port, forward_time, forward_counted, forward_buffer;
	const char *run_dir, *console_socket, *log_path, *log_attrs, *names_path, *names_id, *forward_address;
	struct blob forward_heads[2], forward_middle, forward_tail, forward_part_tail;
	struct list compress, collect, exit_argv, exit_env, names_argv, names_env;
};

struct plan {
	uint8_t *data;
	size_t len;
	uint32_t count;
	struct settings set;
};

/* The one process-wide state. The child works on its own copy after the clone. */
struct keeper {
	struct plan plan;
	struct failure fail;
	int slots[SLOTS];
	int seal;	  /* the read-only mount this program runs from */
	int root;	  /* that of the process, held to the end */
	int control;	  /* to TypeScript */
	int sync;	  /* keeper <-> child, SOCK_SEQPACKET */
	int sync_child;	  /* the child's end, open only around the clone */
	int pidfd;	  /* of the child */
	int epoll;
	int master;	  /* pseudo-terminal, or -1 */
	int stdio[3];	  /* the child's ends until the clone */
	int ends[3];	  /* the keeper's ends: stdin sink, stdout source, stderr source */
	int gate_fifo, status_fifo; /* handoff mode */
	int restore_pid, restore_time; /* namespaces to return to after the clone */
	pid_t child;
	int child_status; /* from waitpid, valid when reaped */
	bool reaped, ready, created, released, watched, started, in_child, aborted;
	mode_t umask;
	uint32_t posts; /* posts of the other side that no wait consumed yet */
	uint64_t created_ns, started_ns, finished_ns;
};
extern struct keeper K;

/* text.c */
void text_init(struct text *t, char *buf, size_t cap);
void text_add(struct text *t, const char *s);
void text_bytes(struct text *t, const void *data, size_t len);
void text_num(struct text *t, uint64_t n);
int parse_number(const char *s, uint64_t *out);
uint64_t now_ns(void);
int read_all(int fd, void *buf, size_t len);
int write_all(int fd, const void *buf, size_t len);
ssize_t read_small(int fd, char *buf, size_t cap);
void fail_path(const char *path);
void fail_detail(const char *s);
/* new_mount.c: fsconfig of options "key" or "key=value"; the kernel's own words of a failure */
int configure_mount(int fs, struct list options);
void read_mount_log(int fs);

/* plan.c */
int plan_check(const uint8_t *data, size_t len, struct plan *plan);
bool plan_next(const struct plan *plan, const uint8_t **cursor, struct op *op, uint32_t *index);
uint64_t op_int(struct op *op);
const char *op_str(struct op *op);
struct blob op_blob(struct op *op);
struct list op_list(struct op *op);
struct place op_place(struct op *op);
bool list_str(struct list *list, const char **s);
bool list_blob(struct list *list, struct blob *b);
int list_argv(struct list list, const char **argv, size_t cap);
bool op_tolerates(const struct op *op, int err);
int plan_keep_cleanup(struct plan *plan);
void plan_settings(struct plan *plan);

/* ops.c */
typedef int (*op_handler)(struct op *op);
struct op_kind {
	const char *schema;
	op_handler run;
	uint8_t sides;
};
const struct op_kind *op_kind(unsigned code);
#define X(name, number, fields, sides) int op_##name(struct op *op);
OPCODES(X)
#undef X
int run_side(int side);
bool side_has_ops(int side);
uint32_t run_tolerant(int side, struct failure *first);

/* path.c, tree.c */
int place_open(struct place p, int flags, mode_t mode);
int place_open_plain(struct place p);
int open_directory_beneath(int root, const char *path);
int place_parent(struct place p, char name[256]);
int make_dirs(struct place p);
int make_file(struct place p, mode_t mode);
int slot_fd(int slot);
int slot_set(uint64_t slot, int fd);
bool is_on(int fd, long fs_magic);
int remove_tree(int dir, int depth);
int each_entry(int dir, int (*each)(int dir, const char *name, void *arg, int depth), void *arg, int depth);
int open_child_dir(int dir, const char *name);

/* copy.c */
int copy_content(int from, int to, int depth);
int copy_tree(int from, int to, bool replace);
int connect_unix(const char *path, int flags);

/* start.c */
int open_stdio(void);
void take_own_null(void);
int start_child(void);
void child_main(void) __attribute__((noreturn));
void clone_now(struct op *op);

/* sync.c */
int send_fd(int sock, int fd, const void *data, size_t len);
int sync_send(char type, uint32_t value, int fd);
int sync_receive(void);
int sync_wait(char want);
void sync_report_and_die(void) __attribute__((noreturn));
void control_send(char type, const void *data, size_t len);
void control_fail(void);
size_t failure_encode(const struct failure *f, char *out, size_t cap);

/* run.c */
const char **list_vector(struct list list);
int run_argv(const char *path, const char *const *argv, const char *const *env, const char *input, size_t input_len,
	     uint64_t timeout_ms);
pid_t spawn_program(struct list argv, struct list env, const char *extra);

/* home.c */
void add_home(const char **env);

/* host_views.c */
int hide_host_views(int root);

/* ops_mount.c */
void close_mask_sources(void);

/* exec.c */
int prepare_exec(void);
int find_program(const char *name, const char *search_path, char *found, size_t cap);

/* log.c */
int log_open(void);
void log_write(int stream, const char *data, size_t len);
void log_close(void);
uint64_t log_position(uint32_t *generation);
uint64_t log_dropped(void);
void log_rest(void);
void log_child_ended(pid_t pid);

/* log_forward.c */
int forward_open(void);
void forward_message(int stream, const char *data, size_t len, bool end, uint64_t ns);
void forward_writable(void);
void forward_drain(void);
void forward_close(void);

/* client.c */
enum { CLIENTS_MAX = 128, STDIN_CHUNK = 32 << 10, IO_CAP = 64 << 10 };
enum tag { TAG_CONTROL, TAG_SYNC, TAG_CHILDREN, TAG_LISTENER, TAG_STDIN, TAG_STDOUT, TAG_STDERR, TAG_NAMES, TAG_NAMES_TIMER, TAG_FORWARD, TAG_CLIENT };
void client_accept(int listener);
void client_watches(int fd);
void client_event(unsigned number, uint32_t events);
void clients_output(int stream, const char *data, size_t len);
void clients_refresh(void);
bool clients_attached(void);
bool clients_are_behind(void);
void clients_finish(const char *record, size_t len);
bool clients_owe_answer(void);
bool clients_acknowledged(void);

/* detach.c */
enum { DETACH_KEYS_MAX = 32 };
struct detach {
	uint8_t keys[DETACH_KEYS_MAX], len, matched;
};
bool pass_input(struct detach *d, const uint8_t *data, size_t len);

/* stream.c */
void streams_open(void);
void streams_rest(void);
void streams_drain(void);
void source_event(int stream);
void sources_refresh(void);
void stdin_event(void);
void stdin_write(const void *data, size_t len);
void stdin_end(void);
bool stdin_is_full(void);
bool stdin_is_closed(void);
char *io_buffer(void);
void release_pages(void *start, size_t len);

/* names.c */
int names_take(uint32_t number, int fd);
int names_start(void);
void names_start_soon(void);
void names_event(void);
void names_timer(void);
void names_close(void);

/* monitor.c, finish.c */
int monitor_prepare(void);
void monitor(void) __attribute__((noreturn));
void kill_child(void);
void finish_failed(void) __attribute__((noreturn));
size_t finish_exited(char *record, size_t cap);

#endif
