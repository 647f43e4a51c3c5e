/* The plan decoder: checks the whole plan once, so that the ops may read their fields without checks. */
#include "keeper.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum { OP_HEADER = 8, PLAN_HEADER = 16 };

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static uint16_t get16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

/* Moves *at over one string or blob. */
static bool skip_bytes(const uint8_t **at, const uint8_t *end, bool text)
{
	uint32_t len;

	if (end - *at < 5)
		return false;
	len = get32(*at);
	if (len > (size_t)(end - *at) - 5 || (*at)[4 + len] != 0)
		return false;
	if (text && memchr(*at + 4, 0, len))
		return false;
	*at += 5 + (size_t)len;
	return true;
}

static bool skip_int(const uint8_t **at, const uint8_t *end)
{
	if (end - *at < 8)
		return false;
	*at += 8;
	return true;
}

static bool skip_list(const uint8_t **at, const uint8_t *end, bool text)
{
	uint32_t n;

	if (end - *at < 4)
		return false;
	n = get32(*at);
	*at += 4;
	while (n--)
		if (!skip_bytes(at, end, text))
			return false;
	return true;
}

static bool place_slot_ok(const uint8_t *at, const uint8_t *end)
{
	uint64_t slot;

	if (end - at < 8)
		return false;
	memcpy(&slot, at, sizeof slot);
	return slot < SLOTS || slot == ABSENT;
}

static bool fields_ok(const char *schema, const uint8_t *at, const uint8_t *end)
{
	for (; *schema; schema++) {
		bool ok = false;

		switch (*schema) {
		case 'i':
			ok = skip_int(&at, end);
			break;
		case 's':
		case 'b':
			ok = skip_bytes(&at, end, *schema == 's');
			break;
		case 'l':
		case 'B':
			ok = skip_list(&at, end, *schema == 'l');
			break;
		case 'p':
			ok = place_slot_ok(at, end) && skip_int(&at, end) && skip_bytes(&at, end, true);
			break;
		default:
			break;
		}
		if (!ok)
			return false;
	}
	return at == end;
}

/* Reads the op at *cursor, which plan_check has accepted or rejects. */
bool plan_next(const struct plan *plan, const uint8_t **cursor, struct op *op, uint32_t *index)
{
	const uint8_t *p = *cursor, *end = plan->data + plan->len;
	uint32_t len;

	if (end - p < OP_HEADER)
		return false;
	len = get32(p);
	if (len < OP_HEADER || len > (size_t)(end - p))
		return false;
	op->code = get16(p + 4);
	op->side = p[6];
	op->tolerated_count = p[7];
	op->tolerated = p + OP_HEADER;
	op->at = op->tolerated + 2 * (size_t)op->tolerated_count;
	op->end = p + len;
	if (op->at > op->end)
		return false;
	op->index = (*index)++;
	*cursor = op->end;
	return true;
}

static int op_check(const struct op *op, bool *settled)
{
	const struct op_kind *kind = op_kind(op->code);

	if (!kind || op->side >= SIDE_COUNT || !fields_ok(kind->schema, op->at, op->end))
		return -EINVAL;
	if (op->code == OP_settings) {
		if (*settled)
			return -EINVAL;
		*settled = true;
		return 0;
	}
	return *settled && (kind->sides >> op->side & 1) ? 0 : -EINVAL;
}

/* The order rules that the rest of the keeper relies on: one clone, one gate, exec last. */
static int order_check(const struct plan *plan)
{
	const uint8_t *cursor = plan->data + PLAN_HEADER;
	uint32_t index = 0, clones = 0, gates = 0, execs = 0;
	int clone_side = -1;
	struct op op;

	while (cursor < plan->data + plan->len && plan_next(plan, &cursor, &op, &index)) {
		K.fail.index = op.index;
		K.fail.code = op.code;
		K.fail.side = op.side;
		if (clones && op.side == clone_side)
			return -EINVAL;
		if (execs && op.side == SIDE_CHILD)
			return -EINVAL;
		if (op.code == OP_clone) {
			clones++;
			clone_side = op.side;
		}
		gates += op.code == OP_gate;
		execs += op.code == OP_exec;
		if (op.code == OP_exec && gates != 1)
			return -EINVAL;
	}
	return clones == 1 && gates == 1 && execs == 1 ? 0 : -EINVAL;
}

/* Accepts or rejects untrusted bytes. On success plan is ready for the other functions. */
int plan_check(const uint8_t *data, size_t len, struct plan *plan)
{
	const uint8_t *cursor;
	uint32_t index = 0;
	bool settled = false;
	struct op op;

	if (len < PLAN_HEADER || len > PLAN_MAX || get32(data) != PLAN_MAGIC || get32(data + 4) != PLAN_VERSION ||
	    get32(data + 8) != len)
		return -EINVAL;
	plan->data = (uint8_t *)data;
	plan->len = len;
	plan->count = get32(data + 12);
	cursor = data + PLAN_HEADER;
	while (cursor < data + len) {
		if (!plan_next(plan, &cursor, &op, &index))
			return -EINVAL;
		K.fail.index = op.index;
		K.fail.code = op.code;
		K.fail.side = op.side;
		if (op_check(&op, &settled))
			return -EINVAL;
	}
	if (index != plan->count || !settled || order_check(plan))
		return -EINVAL;
	plan_settings(plan);
	if (plan->set.mode > MODE_FOREGROUND || plan->set.stdio > STDIO_INHERIT || plan->set.stdin_mode > STDIN_ONCE ||
	    plan->set.log_driver > LOG_JSON_FILE || plan->set.forward_kind > FORWARD_TCP ||
	    plan->set.forward_port > 65535 || plan->set.forward_time > FORWARD_RFC3339 || plan->set.forward_buffer > FORWARD_BUFFER_MAX || plan->set.preserve_fds > 64 || plan->set.run_dir[0] != '/')
		return -EINVAL;
	/* pipes and a kept terminal need somebody who serves them */
	if (plan->set.mode != MODE_SUPERVISE && (plan->set.stdio == STDIO_PIPES ||
						 (plan->set.stdio == STDIO_TERMINAL && !*plan->set.console_socket)))
		return -EINVAL;
	memset(&K.fail, 0, sizeof K.fail);
	return 0;
}

void plan_settings(struct plan *plan)
{
	const uint8_t *cursor = plan->data + PLAN_HEADER;
	uint32_t index = 0;
	struct op op;
	struct settings *s = &plan->set;

	if (!plan_next(plan, &cursor, &op, &index))
		return;
	s->mode = op_int(&op);
	s->stdio = op_int(&op);
	s->stdin_mode = op_int(&op);
	s->pipe_uid = op_int(&op);
	s->pipe_gid = op_int(&op);
	s->log_driver = op_int(&op);
	s->log_max_size = op_int(&op);
	s->log_max_files = op_int(&op);
	s->die_with_keeper = op_int(&op);
	s->preserve_fds = op_int(&op);
	s->names_when = op_int(&op);
	s->run_dir = op_str(&op);
	s->console_socket = op_str(&op);
	s->log_path = op_str(&op);
	s->log_attrs = op_str(&op);
	s->compress = op_list(&op);
	s->collect = op_list(&op);
	s->exit_argv = op_list(&op);
	s->exit_env = op_list(&op);
	s->names_path = op_str(&op);
	s->names_id = op_str(&op);
	s->names_argv = op_list(&op);
	s->names_env = op_list(&op);
	s->forward_kind = op_int(&op);
	s->forward_address = op_str(&op);
	s->forward_port = op_int(&op);
	s->forward_time = op_int(&op);
	s->forward_counted = op_int(&op);
	s->forward_heads[0] = op_blob(&op);
	s->forward_heads[1] = op_blob(&op);
	s->forward_middle = op_blob(&op);
	s->forward_tail = op_blob(&op);
	s->forward_part_tail = op_blob(&op);
	s->forward_buffer = op_int(&op);
}

uint64_t op_int(struct op *op)
{
	uint64_t v;

	memcpy(&v, op->at, sizeof v);
	op->at += sizeof v;
	return v;
}

struct blob op_blob(struct op *op)
{
	struct blob b = {op->at + 4, get32(op->at)};

	op->at += 5 + (size_t)b.len;
	return b;
}

const char *op_str(struct op *op)
{
	return (const char *)op_blob(op).data;
}

struct list op_list(struct op *op)
{
	struct list list = {op->at + 4, get32(op->at)};

	op->at += 4;
	for (uint32_t n = list.left; n; n--)
		op->at += 5 + (size_t)get32(op->at);
	return list;
}

struct place op_place(struct op *op)
{
	uint64_t slot = op_int(op);
	struct place p = {slot == ABSENT ? -1 : (int)slot, op_str(op)};

	return p;
}

bool list_blob(struct list *list, struct blob *b)
{
	if (!list->left)
		return false;
	list->left--;
	b->len = get32(list->at);
	b->data = list->at + 4;
	list->at += 5 + (size_t)b->len;
	return true;
}

bool list_str(struct list *list, const char **s)
{
	struct blob b;

	if (!list_blob(list, &b))
		return false;
	*s = (const char *)b.data;
	return true;
}

/* Fills a NULL-terminated vector. -E2BIG when it does not fit. */
int list_argv(struct list list, const char **argv, size_t cap)
{
	size_t n = 0;

	if (list.left >= cap)
		return -E2BIG;
	while (list_str(&list, &argv[n]))
		n++;
	argv[n] = NULL;
	return (int)n;
}

bool op_tolerates(const struct op *op, int err)
{
	for (unsigned i = 0; i < op->tolerated_count; i++)
		if (get16(op->tolerated + 2 * (size_t)i) == err)
			return true;
	return false;
}

/* Keeps only the settings, started and cleanup ops (of others the header, so that indices stay) and frees the rest. */
int plan_keep_cleanup(struct plan *plan)
{
	const uint8_t *cursor = plan->data + PLAN_HEADER, *before;
	uint32_t index = 0;
	size_t need = PLAN_HEADER;
	struct op op;
	uint8_t *copy;

	while (before = cursor, cursor < plan->data + plan->len && plan_next(plan, &cursor, &op, &index))
		need += op.code == OP_settings || op.side >= SIDE_STARTED ? (size_t)(cursor - before) : OP_HEADER;
	copy = mmap(NULL, need, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (copy == MAP_FAILED)
		return -errno;
	cursor = plan->data + PLAN_HEADER;
	need = PLAN_HEADER;
	while (before = cursor, cursor < plan->data + plan->len && plan_next(plan, &cursor, &op, &index)) {
		uint32_t len = op.code == OP_settings || op.side >= SIDE_STARTED ? (uint32_t)(cursor - before) : OP_HEADER;

		memcpy(copy + need, before, len);
		memcpy(copy + need, &len, sizeof len);
		if (len == OP_HEADER)
			copy[need + 7] = 0;
		need += len;
	}
	munmap(plan->data, plan->len);
	plan->data = copy;
	plan->len = need;
	plan_settings(plan);
	return 0;
}
