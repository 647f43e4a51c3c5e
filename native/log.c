/*
 * The json-file log: one JSON object a line, byte for byte as Docker's driver writes it, with rotation.
 *
 * A message is a line with its "\n", or, when a line is longer than 16 KiB or has no end, a part of it without.
 * Messages also go to another place when the plan says so (log_forward.c).
 */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* rename */
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PART_MAX = 16384, OUT_CAP = 256 << 10, STREAMS = 2 };

static struct {
	int fd;
	bool on, file;
	uint64_t size, dropped;
	uint32_t generation;
	pid_t compressor;
	size_t used;		  /* of out */
	size_t held[STREAMS];	  /* of line */
	uint64_t part_ns[STREAMS]; /* time of the first part of the line, 0 when none was written */
	char stamp[48];		  /* "...","time":"2026-01-02T03:04:05.123456789Z"} */
	size_t stamp_len;
	uint64_t stamp_ns;
} L = {.fd = -1};

static char line[STREAMS][PART_MAX];
static char out[OUT_CAP];

static const char hex[] = "0123456789abcdef";

static void name_of(char *buf, size_t cap, uint64_t number, const char *suffix)
{
	struct text t;

	text_init(&t, buf, cap);
	text_add(&t, K.plan.set.log_path);
	if (number) {
		text_add(&t, ".");
		text_num(&t, number);
	}
	text_add(&t, suffix);
}

static int open_current(int flags)
{
	struct stat st;

	fail_path(K.plan.set.log_path);
	L.fd = open(K.plan.set.log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0640);
	if (L.fd < 0)
		return -errno;
	if (fstat(L.fd, &st))
		return -errno;
	L.size = (uint64_t)st.st_size;
	return 0;
}

/* A writer that was killed, or a crash of the machine, may have left a line without its end: ours is not to begin there. */
static void end_torn_line(void)
{
	int fd = L.size ? open(K.plan.set.log_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	char last = '\n';

	if (fd < 0)
		return;
	if (pread(fd, &last, 1, (off_t)L.size - 1) == 1 && last != '\n' && !write_all(L.fd, "\n", 1))
		L.size++;
	close(fd);
}

int log_open(void)
{
	int err;

	L.file = K.plan.set.log_driver == LOG_JSON_FILE;
	L.on = L.file || K.plan.set.forward_kind != FORWARD_NONE;
	err = L.file ? open_current(0) : 0;
	if (L.file && !err)
		end_torn_line();
	return err ?: forward_open();
}

static void flush(void)
{
	if (L.used && (L.fd < 0 || write_all(L.fd, out, L.used)))
		L.dropped += L.used;
	L.size += L.used;
	L.used = 0;
}

static void wait_for_compressor(void)
{
	while (L.compressor > 0 && waitpid(L.compressor, NULL, 0) < 0 && errno == EINTR)
		;
	L.compressor = 0;
}

/* log -> log.1 -> log.2 ...; the oldest goes. */
static void shift_files(void)
{
	uint64_t last = K.plan.set.log_max_files - 1;
	char from[4200], to[4200];
	static const char *const suffixes[] = {"", ".gz"};

	for (uint64_t n = last; n > 0; n--)
		for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
			name_of(from, sizeof from, n, suffixes[i]);
			if (n == last) {
				unlink(from);
				continue;
			}
			name_of(to, sizeof to, n + 1, suffixes[i]);
			rename(from, to);
		}
	name_of(to, sizeof to, 1, "");
	rename(K.plan.set.log_path, to);
}

static void rotate(void)
{
	static const struct list no_env;
	char first[4200];
	bool keep = K.plan.set.log_max_files > 1;

	wait_for_compressor();
	if (L.fd >= 0)
		close(L.fd);
	if (keep)
		shift_files();
	open_current(keep ? 0 : O_TRUNC);
	L.generation++;
	if (keep && K.plan.set.compress.left) {
		name_of(first, sizeof first, 1, "");
		L.compressor = spawn_program(K.plan.set.compress, no_env, first);
	}
}

static void put(const void *data, size_t len)
{
	memcpy(out + L.used, data, len);
	L.used += len;
}

/* Length of the valid UTF-8 sequence at s, or 0. */
static size_t rune_length(const uint8_t *s, size_t left)
{
	static const uint8_t low[] = {[0xe0 - 0xc2] = 0xa0, [0xf0 - 0xc2] = 0x90};
	size_t n = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	if (n == 0 || n > left)
		return 0;
	if (s[0] - 0xc2u < sizeof low && s[1] < low[s[0] - 0xc2])
		return 0;
	if ((s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static const bool plain[256] = {
	[0x20 ... 0x21] = true, [0x23 ... 0x25] = true, [0x27 ... 0x3b] = true, ['='] = true,
	['?' ... '['] = true,	[']' ... 0x7f] = true,
};

/* JSON text as Go's encoder writes it, HTML characters escaped too. At most six bytes per input byte. */
static void put_escaped(const uint8_t *s, size_t len)
{
	for (size_t i = 0, start = 0; i <= len;) {
		size_t n;
		char escape[6] = "\\u00";

		while (i < len && plain[s[i]])
			i++;
		if (i > start)
			put(s + start, i - start);
		if (i == len)
			return;
		n = s[i] < 0x80 ? 1 : rune_length(s + i, len - i);
		if (n > 1 && s[i] == 0xe2 && s[i + 1] == 0x80 && (s[i + 2] & 0xfe) == 0xa8) {
			put("\\u202", 5);
			put(&hex[s[i + 2] & 0xf], 1);
		} else if (n > 1) {
			put(s + i, n);
		} else if (n == 0) {
			put("\\ufffd", 6);
		} else if (s[i] == '"' || s[i] == '\\') {
			put("\\", 1);
			put(s + i, 1);
		} else if (s[i] == '\n' || s[i] == '\r') {
			put(s[i] == '\n' ? "\\n" : "\\r", 2);
		} else {
			escape[4] = hex[s[i] >> 4];
			escape[5] = hex[s[i] & 0xf];
			put(escape, 6);
		}
		i += n ? n : 1;
		start = i;
	}
}

static void put_digits(char **p, unsigned value, int digits)
{
	for (int i = digits - 1; i >= 0; i--) {
		(*p)[i] = (char)('0' + value % 10);
		value /= 10;
	}
	*p += digits;
}

/* RFC 3339 with as many decimals as needed (civil date from days: Howard Hinnant's algorithm). */
static void format_stamp(uint64_t ns)
{
	uint64_t seconds = ns / 1000000000;
	unsigned nano = (unsigned)(ns % 1000000000), day_seconds = (unsigned)(seconds % 86400);
	unsigned z = (unsigned)(seconds / 86400) + 719468, era = z / 146097, doe = z - era * 146097;
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	unsigned month = mp < 10 ? mp + 3 : mp - 9;
	char *p = L.stamp;

	L.stamp_ns = ns;
	put_digits(&p, yoe + era * 400 + (month <= 2), 4);
	*p++ = '-';
	put_digits(&p, month, 2);
	*p++ = '-';
	put_digits(&p, doy - (153 * mp + 2) / 5 + 1, 2);
	*p++ = 'T';
	put_digits(&p, day_seconds / 3600, 2);
	*p++ = ':';
	put_digits(&p, day_seconds / 60 % 60, 2);
	*p++ = ':';
	put_digits(&p, day_seconds % 60, 2);
	if (nano) {
		*p++ = '.';
		put_digits(&p, nano, 9);
		while (p[-1] == '0')
			p--;
	}
	memcpy(p, "Z\"}\n", 4);
	L.stamp_len = (size_t)(p + 4 - L.stamp);
}

/* One message: part of a line, with its end or not. len <= PART_MAX. */
static void message(int stream, const char *data, size_t len, bool end, uint64_t ns)
{
	static const char *const tails[] = {"\",\"stream\":\"stdout\"", "\",\"stream\":\"stderr\""};
	size_t attrs = strlen(K.plan.set.log_attrs), most = 6 * len + attrs + 128;

	if (L.part_ns[stream])
		ns = L.part_ns[stream];
	L.part_ns[stream] = end ? 0 : ns;
	forward_message(stream, data, len, end, ns);
	if (!L.file)
		return;
	if (L.used + most > OUT_CAP)
		flush();
	if (K.plan.set.log_max_size && L.size + L.used >= K.plan.set.log_max_size) {
		flush();
		rotate();
	}
	if (most > OUT_CAP) {
		L.dropped += len;
		return;
	}
	put("{\"log\":\"", 8);
	put_escaped((const uint8_t *)data, len);
	if (end)
		put("\\n", 2);
	put(tails[stream], strlen(tails[stream]));
	if (attrs) {
		put(",\"attrs\":", 9);
		put(K.plan.set.log_attrs, attrs);
	}
	put(",\"time\":\"", 9);
	if (ns != L.stamp_ns)
		format_stamp(ns);
	put(L.stamp, L.stamp_len);
}

/* How much of a full buffer to write so that no UTF-8 sequence is cut in two. */
static size_t whole_runes(const char *data, size_t len)
{
	for (size_t back = 1; back <= 3 && back < len; back++) {
		uint8_t c = (uint8_t)data[len - back];

		if (c < 0x80)
			break;
		if (c >= 0xc2) {
			size_t need = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

			return need > back ? len - back : len;
		}
	}
	return len;
}

/* Takes what a stream (0 stdout, 1 stderr) has said. */
void log_write(int stream, const char *data, size_t len)
{
	uint64_t ns;

	if (!L.on)
		return;
	ns = now_ns();
	while (len) {
		size_t held = L.held[stream], room = PART_MAX - held, n = len < room ? len : room, part;
		const char *newline = memchr(data, '\n', n);

		n = newline ? (size_t)(newline - data) : n;
		if (held || (!newline && n < room)) {
			memcpy(line[stream] + held, data, n);
			held = L.held[stream] = held + n;
		}
		if (newline) {
			message(stream, held ? line[stream] : data, held ? held : n, true, ns);
			L.held[stream] = 0;
			n++;
		} else if (n == room) {
			const char *from = held ? line[stream] : data;

			part = whole_runes(from, PART_MAX);
			message(stream, from, part, false, ns);
			L.held[stream] = PART_MAX - part;
			memmove(line[stream], from + part, PART_MAX - part);
		}
		data += n;
		len -= n;
	}
	flush();
}

/* What is left of unfinished lines, when the streams have ended. */
void log_close(void)
{
	if (!L.on)
		return;
	for (int stream = 0; stream < STREAMS; stream++)
		if (L.held[stream])
			message(stream, line[stream], L.held[stream], false, now_ns());
	flush();
	forward_drain();
	forward_close();
	wait_for_compressor();
	if (L.fd >= 0)
		close(L.fd);
	L.fd = -1;
	L.on = false;
}

uint64_t log_position(uint32_t *generation)
{
	*generation = L.generation;
	return L.size;
}

void log_child_ended(pid_t pid)
{
	if (pid == L.compressor)
		L.compressor = 0;
}

uint64_t log_dropped(void)
{
	return L.dropped;
}

/* Gives the pages of the buffers back while nothing is said; a held line stays. */
void log_rest(void)
{
	release_pages(out, sizeof out);
	for (int stream = 0; stream < STREAMS; stream++)
		if (!L.held[stream])
			release_pages(line[stream], sizeof line[stream]);
}
