/* The table of ops and the loop that runs the ops of one side. */
#include "keeper.h"

#include <errno.h>
#include <string.h>

struct keeper K;

static const struct op_kind kinds[OP_COUNT] = {
#define X(name, number, fields, sides) [number] = {fields, op_##name, sides},
	OPCODES(X)
#undef X
};

const struct op_kind *op_kind(unsigned code)
{
	return code < ARRAY_LEN(kinds) && kinds[code].schema ? &kinds[code] : NULL;
}

int op_settings(struct op *op)
{
	(void)op;
	return 0;
}

static int run_op(struct op *op)
{
	int err;

	K.fail.path[0] = K.fail.detail[0] = 0;
	K.fail.reason = REASON_NONE;
	K.fail.err = 0;
	err = op_kind(op->code)->run(op);
	if (err >= 0 || op_tolerates(op, -err))
		return 0;
	if (K.fail.err) /* what the other process failed at, heard while waiting for it */
		return err;
	K.fail.side = op->side;
	K.fail.code = op->code;
	K.fail.index = op->index;
	K.fail.err = -err;
	return err;
}

bool side_has_ops(int side)
{
	const uint8_t *cursor = K.plan.data + 16;
	uint32_t index = 0;
	struct op op;

	while (plan_next(&K.plan, &cursor, &op, &index))
		if (op.side == side && op.code != OP_settings)
			return true;
	return false;
}

/* Runs the ops of a side in order up to the first failure, which is then in K.fail. */
int run_side(int side)
{
	const uint8_t *cursor = K.plan.data + 16;
	uint32_t index = 0;
	struct op op;
	int err;

	while (plan_next(&K.plan, &cursor, &op, &index)) {
		if (op.side != side || op.code == OP_settings)
			continue;
		err = run_op(&op);
		if (err)
			return err;
	}
	return 0;
}

/* Tries every op of a side that can no longer fail the container. Returns the number of failures, the first in *first. */
uint32_t run_tolerant(int side, struct failure *first)
{
	const uint8_t *cursor = K.plan.data + 16;
	uint32_t index = 0, failed = 0;
	struct op op;

	while (plan_next(&K.plan, &cursor, &op, &index)) {
		if (op.side != side || op.code == OP_settings || run_op(&op) == 0)
			continue;
		if (failed++ == 0)
			*first = K.fail;
	}
	return failed;
}
