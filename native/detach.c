/* Detach keys: typed by the user, they end the attachment; anything else, false starts included, is input. */
#include "keeper.h"

/* Passes input on without the detach keys. True when they are complete. */
bool pass_input(struct detach *d, const uint8_t *data, size_t len)
{
	size_t from = 0;

	if (!d->len) {
		stdin_write(data, len);
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (data[i] == d->keys[d->matched]) {
			if (d->matched++ == 0) {
				stdin_write(data + from, i - from);
				from = i;
			}
			from = i + 1;
			if (d->matched == d->len)
				return true;
			continue;
		}
		if (d->matched) { /* a false start: what was held back is input after all */
			stdin_write(d->keys, d->matched);
			d->matched = 0;
			i--;
		}
	}
	stdin_write(data + from, len - from);
	return false;
}
