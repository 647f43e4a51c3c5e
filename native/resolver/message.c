/* DNS messages (RFC 1035, 6891): everything read here comes from containers or from the network and may be anything. */
#include "resolver.h"

#include <string.h>

enum { LABEL_MAX = 63, NAME_WIRE_MAX = 255, FLAG_ANSWER = 0x80, FLAG_CUT = 0x02, FLAG_RECURSION = 0x01 };

uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static char lower(uint8_t c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* The name of the question: no pointers. Returns the offset behind it, or 0. */
static size_t read_name(const uint8_t *message, size_t len, size_t at, struct question *q)
{
	size_t start = at, n = 0;

	q->plain = true;
	for (;;) {
		uint8_t label = at < len ? message[at] : 0xff;

		if (label > LABEL_MAX || at + 1 + label > len || at + 1 + label - start > NAME_WIRE_MAX)
			return 0;
		at++;
		if (!label)
			break;
		if (n)
			q->name[n++] = '.';
		for (; label; label--, at++) {
			q->plain &= message[at] != '.' && message[at] != 0;
			q->name[n++] = lower(message[at]);
		}
	}
	q->name[n] = 0;
	return at;
}

/* Any name: pointers end it, and are not followed. */
static size_t skip_name(const uint8_t *message, size_t len, size_t at)
{
	while (at < len) {
		uint8_t label = message[at];

		if (label >= 0xc0)
			return at + 2 <= len ? at + 2 : 0;
		if (label > LABEL_MAX)
			return 0;
		at += 1 + (size_t)label;
		if (!label)
			return at <= len ? at : 0;
	}
	return 0;
}

/* Looks through the records behind the question for the one that tells the sender's abilities. */
static bool read_records(const uint8_t *message, size_t len, struct question *q)
{
	size_t at = q->end, count = (size_t)get16(message + 6) + get16(message + 8) + get16(message + 10);

	while (count--) {
		size_t name = at;

		at = skip_name(message, len, at);
		if (!at || len - at < 10)
			return false;
		if (get16(message + at) == TYPE_OPT) {
			if (message[name] != 0 || q->edns_size)
				return false;
			q->edns_size = get16(message + at + 2) < 512 ? 512 : get16(message + at + 2);
			q->edns_version = message[at + 5];
		}
		if (get16(message + at + 8) > len - at - 10)
			return false;
		at += 10 + (size_t)get16(message + at + 8);
	}
	return at == len;
}

/* 0, -1: no query that can be answered at all, or a response code to answer with. */
int read_question(const uint8_t *message, size_t len, struct question *q)
{
	memset(q, 0, sizeof *q);
	if (len < HEADER_LEN || message[2] & FLAG_ANSWER)
		return -1;
	q->end = HEADER_LEN;
	if (message[2] & 0x78)
		return RCODE_NOT_IMPLEMENTED;
	if (get16(message + 4) != 1)
		return RCODE_FORMAT;
	q->end = read_name(message, len, HEADER_LEN, q);
	if (!q->end || len - q->end < 4) {
		q->end = HEADER_LEN;
		return RCODE_FORMAT;
	}
	q->type = get16(message + q->end);
	q->class = get16(message + q->end + 2);
	q->end += 4;
	return read_records(message, len, q) ? 0 : RCODE_FORMAT;
}

/* True when a message answers this query, which read_question has accepted. Identifiers are compared by the caller. */
bool same_question(const uint8_t *query, const uint8_t *answer, size_t len)
{
	struct question asked, answered = {.plain = true};

	if (len < HEADER_LEN || !(answer[2] & FLAG_ANSWER) || answer[2] & 0x78)
		return false;
	if (get16(answer + 4) == 0) /* some servers refuse without repeating what */
		return (answer[3] & 15) != RCODE_OK && len == HEADER_LEN;
	if (get16(answer + 4) != 1)
		return false;
	asked.end = read_name(query, MESSAGE_MAX, HEADER_LEN, &asked);
	answered.end = read_name(answer, len, HEADER_LEN, &answered);
	return asked.end == answered.end && len - answered.end >= 4 && !memcmp(query + asked.end, answer + answered.end, 4) &&
	       !memcmp(asked.name, answered.name, asked.end - HEADER_LEN - 1);
}

/* Header and question of an answer without records. */
size_t plain_answer(const uint8_t *query, size_t question_end, unsigned rcode, uint8_t *out)
{
	memcpy(out, query, question_end);
	out[2] = (uint8_t)(FLAG_ANSWER | (query[2] & 0x79));
	out[3] = (uint8_t)(0x80 | (query[3] & 0x10) | rcode); /* recursion is available; checking disabled, as asked */
	memset(out + 4, 0, HEADER_LEN - 4);
	if (question_end > HEADER_LEN)
		out[5] = 1;
	return question_end;
}

/* Text to labels. 0 when it is no name. */
size_t write_name(const char *name, uint8_t *out, size_t cap)
{
	size_t n = 0;

	while (*name) {
		size_t label = strcspn(name, ".");

		if (!label || label > LABEL_MAX || n + label + 2 > cap || n + label + 2 > NAME_WIRE_MAX)
			return 0;
		out[n++] = (uint8_t)label;
		memcpy(out + n, name, label);
		n += label;
		name += label + (name[label] == '.');
	}
	if (!n)
		return 0;
	out[n++] = 0;
	return n;
}

/* What fits when an answer does not: its beginning, marked as cut, so that the client asks again over TCP. */
size_t cut_answer(uint8_t *message, size_t len, size_t question_end, size_t limit)
{
	if (len <= limit)
		return len;
	message[2] |= FLAG_CUT;
	memset(message + 6, 0, 6);
	return question_end <= limit ? question_end : HEADER_LEN;
}
