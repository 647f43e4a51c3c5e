/*
 * The plan decoder on its own.
 *   decoder dump FILE            every op and field as text, for comparison with what TypeScript encoded
 *   decoder fuzz FILE SEED N     N mutations of a valid plan; every one must be refused or readable to the last byte
 */
#include "../keeper.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t state;

/* xorshift64*: the same numbers on every machine. */
static uint32_t next_random(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 0x2545f4914f6cdd1dULL) >> 32);
}

static void print_bytes(const uint8_t *data, uint32_t len)
{
	putchar('"');
	for (uint32_t i = 0; i < len; i++) {
		if (data[i] > 0x20 && data[i] < 0x7f && data[i] != '"' && data[i] != '%')
			putchar(data[i]);
		else
			printf("%%%02x", data[i]);
	}
	putchar('"');
}

static uint64_t sum; /* keeps the reads of a fuzz run from being optimised away */

static void visit_bytes(const uint8_t *data, uint32_t len, bool print)
{
	for (uint32_t i = 0; i <= len; i++)
		sum += data[i];
	if (print)
		print_bytes(data, len);
}

static void visit_field(struct op *op, char kind, bool print)
{
	struct blob b;
	struct list list;
	struct place place;
	uint64_t n;

	if (print)
		putchar(' ');
	switch (kind) {
	case 'i':
		n = op_int(op);
		sum += n;
		if (print && n == ABSENT)
			printf("-");
		else if (print)
			printf("%" PRIu64, n);
		break;
	case 'p':
		place = op_place(op);
		if (print)
			printf("%d:", place.root);
		visit_bytes((const uint8_t *)place.path, (uint32_t)strlen(place.path), print);
		break;
	case 's':
	case 'b':
		b = op_blob(op);
		visit_bytes(b.data, b.len, print);
		break;
	default:
		list = op_list(op);
		if (print)
			putchar('[');
		while (list_blob(&list, &b)) {
			visit_bytes(b.data, b.len, print);
			if (print && list.left)
				putchar(',');
		}
		if (print)
			putchar(']');
	}
}

static void visit(const struct plan *plan, bool print)
{
	const uint8_t *cursor = plan->data + 16;
	uint32_t index = 0;
	struct op op;

	while (plan_next(plan, &cursor, &op, &index)) {
		const struct op_kind *kind = op_kind(op.code);

		if (print)
			printf("%u %u", op.code, op.side);
		for (int err = 0; err < 256; err++)
			if (op_tolerates(&op, err) && print)
				printf(" ~%d", err);
		if (op.at != op.end || !print)
			for (const char *s = kind->schema; *s && op.at < op.end; s++)
				visit_field(&op, *s, print);
		if (print)
			putchar('\n');
	}
}

static void mutate(uint8_t *data, size_t *len, size_t original)
{
	static const uint32_t evil[] = {0, 1, 4, 8, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffb, 0x10000};

	for (uint32_t changes = 1 + next_random() % 4; changes--;) {
		size_t at = next_random() % *len;
		uint32_t v = evil[next_random() % (sizeof evil / sizeof *evil)];

		switch (next_random() % 5) {
		case 0:
			data[at] ^= (uint8_t)(1 << next_random() % 8);
			break;
		case 1:
			data[at] = (uint8_t)next_random();
			break;
		case 2:
			if (at + 4 <= *len)
				memcpy(data + at, &v, 4);
			break;
		case 3:
			*len = 1 + next_random() % original;
			if (*len >= 12 && next_random() % 2) {
				v = (uint32_t)*len;
				memcpy(data + 8, &v, 4);
			}
			break;
		default:
			if (at + 16 < *len)
				memmove(data + at, data + at + 8, *len - at - 8);
		}
	}
}

static int fuzz(const uint8_t *plan_bytes, size_t size, uint64_t seed, uint64_t rounds)
{
	uint64_t accepted = 0;

	state = seed ? seed : 1;
	for (uint64_t round = 0; round < rounds; round++) {
		size_t len = size;
		uint8_t *work = malloc(size), *exact;
		struct plan plan;

		memcpy(work, plan_bytes, size);
		mutate(work, &len, size);
		/* exactly as long as the plan, so that a read past its end is seen */
		exact = malloc(len);
		memcpy(exact, work, len);
		free(work);
		memset(&plan, 0, sizeof plan);
		if (plan_check(exact, len, &plan) == 0) {
			accepted++;
			visit(&plan, false);
			plan.data = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			memcpy(plan.data, exact, len);
			plan_settings(&plan);
			if (plan_keep_cleanup(&plan) == 0) {
				visit(&plan, false);
				munmap(plan.data, plan.len);
			}
		}
		free(exact);
	}
	printf("rounds %" PRIu64 " accepted %" PRIu64 "\n", rounds, accepted);
	return sum == 1;
}

int main(int argc, char **argv)
{
	struct stat st;
	struct plan plan = {0};
	uint8_t *data;
	int fd = argc > 2 ? open(argv[2], O_RDONLY) : -1, status = 1;

	if (fd < 0 || fstat(fd, &st) || st.st_size < 1)
		return 2;
	data = malloc((size_t)st.st_size);
	if (read_all(fd, data, (size_t)st.st_size))
		return 2;
	close(fd);
	if (!strcmp(argv[1], "dump")) {
		status = plan_check(data, (size_t)st.st_size, &plan) ? 1 : 0;
		if (!status)
			visit(&plan, true);
	} else if (argc > 4) {
		status = fuzz(data, (size_t)st.st_size, strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
	}
	free(data);
	return status;
}
