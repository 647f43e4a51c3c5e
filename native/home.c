/* HOME of a user whose environment has none: from the container's own /etc/passwd. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIELD_UID = 2, FIELD_HOME = 5 };

/* "HOME=..." once op_home has run. */
static char entry[4096];

/* The user's directory into `out`; false when the file does not have him. name:password:uid:gid:gecos:home:shell */
static bool look_up(int fd, uint64_t uid, struct text *out)
{
	size_t start = out->len;
	char buf[4096], digits[24] = "";
	bool mine = false;
	int field = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof buf)) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			size_t len = strlen(digits);
			uint64_t number;

			if (buf[i] == ':' || buf[i] == '\n') {
				if (field == FIELD_UID)
					mine = parse_number(digits, &number) == 0 && number == uid;
				if (field == FIELD_HOME && mine)
					return out->len > start;
				field = buf[i] == '\n' ? 0 : field + 1;
				digits[0] = 0;
			} else if (field == FIELD_UID && len + 1 < sizeof digits) {
				digits[len] = buf[i];
				digits[len + 1] = 0;
			} else if (field == FIELD_HOME && mine) {
				text_bytes(out, buf + i, 1);
			}
		}
	}
	return field == FIELD_HOME && mine && out->len > start;
}

int op_home(struct op *op)
{
	uint64_t uid = op_int(op);
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	struct text t;

	text_init(&t, entry, sizeof entry);
	text_add(&t, "HOME=");
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || !look_up(fd, uid, &t)) {
		text_init(&t, entry, sizeof entry);
		text_add(&t, "HOME=/");
	}
	if (fd >= 0)
		close(fd);
	return 0;
}

/* Completes an environment that has room for one more entry. */
void add_home(const char **env)
{
	size_t n = 0;

	while (env[n])
		if (!strncmp(env[n++], "HOME=", 5))
			return;
	if (*entry) {
		env[n] = entry;
		env[n + 1] = NULL;
	}
}
