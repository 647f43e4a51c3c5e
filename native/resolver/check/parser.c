/*
 * The parts of the resolver that read bytes of others, on their own.
 *   parser SEED N     N rounds: a mutated file of names, a mutated query, a mutated answer; every output must be a sound message
 */
#include "../resolver.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t now_ms;
static uint64_t state;

/* xorshift64*: the same numbers on every machine. */
uint32_t random_number(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 0x2545f4914f6cdd1dULL) >> 32);
}

static const char file[] = "berth-names 1\nboot b\ncontainer %s\nserver 1.1.1.1#53\nserver 127.0.0.1 inside\nserver fe80::1%%lo\nndots\nhost 172.18.0.1\nhost fd00::1\n"
			   "network 1111111111111111111111111111111111111111111111111111111111111111 my%%20net names out\n"
			   "address 172.18.0.2\naddress fd00::2\nname web\nname shop%%c3%%bc\nlink db web\n"
			   "network 2222222222222222222222222222222222222222222222222222222222222222 other names\n"
			   "address 172.19.0.2\nname web\nname x.y\nend\n";

static void mutate(uint8_t *data, size_t *len, size_t room)
{
	static const uint8_t evil[] = {0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff, '\n', ' ', '%', '.'};

	for (uint32_t changes = random_number() % 4; changes--;) {
		size_t at = *len ? random_number() % *len : 0;

		switch (random_number() % 5) {
		case 0:
			data[at] ^= (uint8_t)(1 << random_number() % 8);
			break;
		case 1:
			data[at] = evil[random_number() % sizeof evil];
			break;
		case 2:
			*len = random_number() % (*len + 1);
			break;
		case 3:
			if (*len < room)
				data[(*len)++] = (uint8_t)random_number();
			break;
		default:
			if (at + 8 < *len)
				memmove(data + at, data + at + 4, *len - at - 4);
		}
	}
}

/* A copy of exactly this length, so that a read past its end is seen. */
static uint8_t *exact(const void *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	memcpy(copy, data, len);
	return copy;
}

static bool load(const char *id, bool mutated)
{
	char text[1024], *copy;
	size_t len = (size_t)snprintf(text, sizeof text - 16, file, id);

	if (mutated)
		mutate((uint8_t *)text, &len, sizeof text - 1);
	copy = malloc(len + 1);
	memcpy(copy, text, len);
	copy[len] = 0;
	return table_load(id, copy, len, "b");
}

static size_t make_query(uint8_t *out)
{
	static const char *const names[] = {"web", "WEB.other", "shop\xc3\xbc", "db", "x.y", "x.y.other", "host.docker.internal", "unknown.example",
					    "2.0.18.172.in-addr.arpa", "a.b.c.d.e.f.g", "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa"};
	static const uint16_t types[] = {TYPE_A, TYPE_AAAA, TYPE_PTR, TYPE_ANY, 65};
	size_t n = HEADER_LEN;

	memset(out, 0, HEADER_LEN);
	put16(out, (uint16_t)random_number());
	out[2] = 1;
	out[5] = 1;
	n += write_name(names[random_number() % ARRAY_LEN(names)], out + n, NAME_TEXT_MAX);
	put16(out + n, types[random_number() % ARRAY_LEN(types)]);
	put16(out + n + 2, CLASS_IN);
	n += 4;
	if (random_number() % 2) {
		memset(out + n, 0, 11);
		put16(out + n + 1, TYPE_OPT);
		put16(out + n + 3, (uint16_t)random_number());
		out[11] = 1;
		n += 11;
	}
	return n;
}

/* True when a message can be read to its end. */
static bool is_sound(const uint8_t *query, uint8_t *message, size_t len, size_t limit)
{
	struct question q;

	if (len < HEADER_LEN || len > limit || memcmp(message, query, 2) || !(message[2] & 0x80))
		return false;
	message[2] &= 0x7f; /* as a question: the same sections */
	return (message[2] & 0x78) || get16(message + 4) == 0 || read_question(message, len, &q) == 0;
}

static uint8_t out[MESSAGE_MAX];

static bool round_of(uint64_t *answered, uint64_t *taken)
{
	uint8_t raw[1024], *query, *reply;
	size_t len = make_query(raw), out_len = 0, reply_len;
	bool tcp = random_number() % 2, sound = true;
	struct container *asker = container_get("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true);
	struct question q;
	enum verdict verdict;

	mutate(raw, &len, sizeof raw);
	query = exact(raw, len);
	verdict = answer(asker, query, len, tcp, &q, out, &out_len);
	if (verdict == REPLY) {
		++*answered;
		sound = is_sound(query, out, out_len, tcp || q.edns_size ? MESSAGE_MAX : 512);
	}
	if (verdict == FORWARD) {
		reply_len = plain_answer(query, q.end, random_number() % 6, raw);
		if (!same_question(query, raw, reply_len))
			return false;
		mutate(raw, &reply_len, sizeof raw);
		reply = exact(raw, reply_len);
		*taken += same_question(query, reply, reply_len);
		free(reply);
	}
	free(query);
	return sound;
}

int main(int argc, char **argv)
{
	static const char *const ids[] = {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
					  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"};
	uint64_t rounds = argc > 2 ? strtoull(argv[2], NULL, 10) : 0, answered = 0, taken = 0, loaded = 0;

	state = argc > 1 ? strtoull(argv[1], NULL, 10) | 1 : 1;
	for (uint64_t i = 0; i < rounds; i++) {
		if (i % 8 == 0)
			loaded += load(ids[i / 8 % 2], random_number() % 4 != 0);
		if (!round_of(&answered, &taken)) {
			fprintf(stderr, "round %" PRIu64 ": unsound\n", i);
			return 1;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		table_drop(ids[i]);
	printf("rounds %" PRIu64 " answered %" PRIu64 " taken %" PRIu64 " loaded %" PRIu64 "\n", rounds, answered, taken, loaded);
	return 0;
}
