/* The end: killing, collecting, the exit record, cleanup. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h> /* rename */
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COLLECT_MAX = 4096 };

/* Ends the child, if there is one, and waits for it: with a pid namespace everything in it is gone then. */
void kill_child(void)
{
	if (K.child <= 0 || K.reaped)
		return;
	if (K.pidfd < 0 || syscall(SYS_pidfd_send_signal, K.pidfd, SIGKILL, NULL, 0))
		kill(K.child, SIGKILL);
	while (waitpid(K.child, &K.child_status, 0) < 0 && errno == EINTR)
		;
	K.reaped = true;
}

/* A start that failed or was given up: nothing of it may stay. */
void finish_failed(void)
{
	struct failure original = K.fail, ignored;

	K.aborted = true;
	kill_child();
	names_close();
	run_tolerant(SIDE_CLEANUP, &ignored);
	log_close();
	unlink("go");
	unlink("status");
	unlink("ctl");
	K.fail = original;
	control_fail();
	_exit(1);
}

static void add_field(struct text *t, const char *name, uint64_t value)
{
	text_add(t, name);
	text_add(t, "=");
	text_num(t, value);
	text_add(t, "\n");
}

/* "file NAME LENGTH\n" content "\n" */
static void collect(struct text *t)
{
	struct list files = K.plan.set.collect;
	const char *name, *path;

	while (list_str(&files, &name) && list_str(&files, &path)) {
		char content[COLLECT_MAX + 1];
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		ssize_t n = fd < 0 ? -1 : read_small(fd, content, sizeof content);

		if (fd >= 0)
			close(fd);
		if (n < 0 || t->len + (size_t)n + strlen(name) + 64 > t->cap)
			continue;
		text_add(t, "file ");
		text_add(t, name);
		text_add(t, " ");
		text_num(t, (uint64_t)n);
		text_add(t, "\n");
		text_bytes(t, content, (size_t)n);
		text_add(t, "\n");
	}
}

/* Readers see the whole record or none. */
static void write_record(const struct text *t, const char *name)
{
	int fd = open("exit.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	if (write_all(fd, t->buf, t->len) == 0)
		rename("exit.new", name);
	close(fd);
}

static void describe(struct text *t)
{
	bool killed = WIFSIGNALED(K.child_status);

	add_field(t, "pid", (uint64_t)K.child);
	add_field(t, "code", killed ? 128 + (uint64_t)WTERMSIG(K.child_status) : (uint64_t)WEXITSTATUS(K.child_status));
	add_field(t, "signal", killed ? (uint64_t)WTERMSIG(K.child_status) : 0);
	add_field(t, "started", K.started_ns);
	add_field(t, "finished", K.finished_ns);
	if (log_dropped())
		add_field(t, "log-dropped", log_dropped());
}

/*
 * Cleans up and writes the exit record: `exit` means "ended, and cleaned up". Until then the record is in `exit.early`, for
 * the case that the keeper is killed while it cleans up. Returns the record's length.
 */
size_t finish_exited(char *record, size_t cap)
{
	bool keep_record = K.plan.set.mode == MODE_SUPERVISE;
	char failed_text[1400];
	struct failure first;
	struct text t;
	uint32_t failed;

	text_init(&t, record, cap);
	describe(&t);
	collect(&t);
	if (keep_record)
		write_record(&t, "exit.early");
	failed = run_tolerant(SIDE_CLEANUP, &first);
	if (failed) {
		size_t len = failure_encode(&first, failed_text, sizeof failed_text);

		add_field(&t, "cleanup-failed", failed);
		text_add(&t, "file cleanup-failure ");
		text_num(&t, len);
		text_add(&t, "\n");
		text_bytes(&t, failed_text, len);
		text_add(&t, "\n");
	}
	if (keep_record && failed) {
		write_record(&t, "exit");
		unlink("exit.early");
	} else if (keep_record) {
		rename("exit.early", "exit");
	}
	return t.len;
}
