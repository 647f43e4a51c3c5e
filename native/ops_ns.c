/* Ops on namespaces, id maps, control groups and the network. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int op_clone(struct op *op)
{
	clone_now(op);
	return K.child > 0 ? 0 : (int)K.child;
}

int op_unshare(struct op *op)
{
	return unshare((int)op_int(op)) ? -errno : 0;
}

/* In the keeper only what children inherit may change; start.c goes back after the clone. */
int op_join_namespaces(struct op *op)
{
	uint64_t slot = op_int(op);
	int flags = (int)op_int(op), fd = slot_fd(slot < SLOTS ? (int)slot : -1);

	if (fd < 0)
		return fd;
	if (flags & CLONE_NEWPID)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* the child will be visible to others: nobody opens its /proc/PID/exe */
	if (op->side == SIDE_BEFORE) {
		if (flags & ~(CLONE_NEWPID | CLONE_NEWTIME))
			return -EINVAL;
		if (flags & CLONE_NEWPID && K.restore_pid < 0 &&
		    (K.restore_pid = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC)) < 0)
			return -errno;
		if (flags & CLONE_NEWTIME && K.restore_time < 0 &&
		    (K.restore_time = open("/proc/self/ns/time", O_RDONLY | O_CLOEXEC)) < 0)
			return -errno;
	}
	return setns(fd, flags) ? -errno : 0;
}

static void add_offset(struct text *t, const char *clock, uint64_t offset_ns)
{
	int64_t ns = (int64_t)offset_ns, seconds = ns / 1000000000, rest = ns % 1000000000;

	if (rest < 0) {
		rest += 1000000000;
		seconds--;
	}
	text_add(t, clock);
	text_add(t, seconds < 0 ? " -" : " ");
	text_num(t, (uint64_t)(seconds < 0 ? -seconds : seconds));
	text_add(t, " ");
	text_num(t, (uint64_t)rest);
	text_add(t, "\n");
}

int op_time_namespace(struct op *op)
{
	char buf[128];
	struct text t;
	int fd, err;

	text_init(&t, buf, sizeof buf);
	add_offset(&t, "monotonic", op_int(op));
	add_offset(&t, "boottime", op_int(op));
	if (K.restore_time < 0 && (K.restore_time = open("/proc/self/ns/time", O_RDONLY | O_CLOEXEC)) < 0)
		return -errno;
	if (unshare(CLONE_NEWTIME))
		return -errno;
	fail_path("/proc/self/timens_offsets");
	fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write(fd, buf, t.len) < 0 ? -errno : 0;
	close(fd);
	return err;
}

static int write_proc(pid_t pid, const char *file, const char *data, size_t len)
{
	char path[64];
	struct text t;
	int fd, err;

	text_init(&t, path, sizeof path);
	text_add(&t, "/proc/");
	text_num(&t, (uint64_t)pid);
	text_add(&t, file);
	fail_path(path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write(fd, data, len) < 0 ? -errno : 0;
	close(fd);
	return err;
}

static void map_text(struct text *t, struct blob map)
{
	uint32_t v;

	for (uint32_t i = 0; i + 4 <= map.len; i += 4) {
		memcpy(&v, map.data + i, sizeof v);
		text_num(t, v);
		text_add(t, i % 12 == 8 ? "\n" : " ");
	}
}

static int write_map(pid_t pid, const char *file, struct blob map)
{
	char buf[4096];
	struct text t;

	if (map.len == 0)
		return 0;
	text_init(&t, buf, sizeof buf);
	map_text(&t, map);
	return map.len % 12 || t.len + 1 >= sizeof buf ? -EINVAL : write_proc(pid, file, buf, t.len);
}

/* newuidmap PID inside outside size ... */
static int map_by_helper(const char *helper, struct blob map)
{
	char buf[4096];
	const char *argv[1024], *p;
	struct text t;
	size_t n = 0;

	if (map.len == 0)
		return 0;
	text_init(&t, buf, sizeof buf);
	text_num(&t, (uint64_t)K.child);
	text_add(&t, " ");
	map_text(&t, map);
	if (map.len % 12 || map.len / 4 + 3 > ARRAY_LEN(argv) || t.len + 1 >= sizeof buf)
		return -EINVAL;
	argv[n++] = helper;
	for (p = buf; *p;) {
		size_t len = strcspn(p, " \n");

		argv[n++] = p;
		buf[p - buf + (long)len] = 0;
		p += len + 1;
	}
	argv[n] = NULL;
	return run_argv(helper, argv, NULL, NULL, 0, 0);
}

int op_id_maps(struct op *op)
{
	struct blob uid = op_blob(op), gid = op_blob(op);
	uint64_t deny = op_int(op);
	const char *uid_helper = op_str(op), *gid_helper = op_str(op);
	int err = 0;

	if (deny)
		err = write_proc(K.child, "/setgroups", "deny", 4);
	if (!err)
		err = *uid_helper ? map_by_helper(uid_helper, uid) : write_map(K.child, "/uid_map", uid);
	if (!err)
		err = *gid_helper ? map_by_helper(gid_helper, gid) : write_map(K.child, "/gid_map", gid);
	return err;
}

/* A child that only lends its user namespace; it ends when the pipe closes. */
static int lend_namespace(int *ready, int *hold, pid_t *pid)
{
	int up[2], down[2];
	char c;

	if (pipe2(up, O_CLOEXEC) || pipe2(down, O_CLOEXEC))
		return -errno;
	*pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	if (*pid < 0)
		return -errno;
	if (*pid == 0) {
		close(down[1]);
		close(up[0]);
		if (write(up[1], "r", 1) == 1 && read(down[0], &c, 1) >= 0)
			_exit(0);
		_exit(1);
	}
	close(up[1]);
	close(down[0]);
	*ready = up[0];
	*hold = down[1];
	return 0;
}

int op_map_namespace(struct op *op)
{
	uint64_t slot = op_int(op);
	struct blob uid = op_blob(op), gid = op_blob(op);
	int ready = -1, hold = -1, fd = -1, err;
	char path[64], c;
	struct text t;
	pid_t pid = -1;

	err = lend_namespace(&ready, &hold, &pid);
	if (err)
		return err;
	err = read_all(ready, &c, 1);
	if (!err)
		err = write_map(pid, "/uid_map", uid);
	if (!err)
		err = write_map(pid, "/gid_map", gid);
	if (!err) {
		text_init(&t, path, sizeof path);
		text_add(&t, "/proc/");
		text_num(&t, (uint64_t)pid);
		text_add(&t, "/ns/user");
		fd = open(path, O_RDONLY | O_CLOEXEC);
		err = fd < 0 ? -errno : slot_set(slot, fd);
	}
	close(hold);
	close(ready);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return err;
}

int op_join_cgroups(struct op *op)
{
	struct list files = op_list(op);
	const char *path;
	char buf[24];
	struct text t;

	text_init(&t, buf, sizeof buf);
	text_num(&t, op->side == SIDE_PARENT ? (uint64_t)K.child : 0);
	while (list_str(&files, &path)) {
		int fd = open(path, O_WRONLY | O_CLOEXEC), err;

		fail_path(path);
		if (fd < 0)
			return -errno;
		err = write(fd, buf, t.len) < 0 ? -errno : 0;
		close(fd);
		if (err)
			return err;
	}
	return 0;
}

int op_device_filter(struct op *op)
{
	const char *cgroup = op_str(op);
	struct blob program = op_blob(op);
	union bpf_attr load = {0}, attach = {0};
	char log[512];
	int dir, prog, err = 0;

	log[0] = 0;
	load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	load.insns = (uintptr_t)program.data;
	load.insn_cnt = program.len / sizeof(struct bpf_insn);
	load.license = (uintptr_t) "Apache-2.0";
	load.log_buf = (uintptr_t)log;
	load.log_size = sizeof log;
	load.log_level = 1;
	fail_path(cgroup);
	prog = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
	if (prog < 0 && errno == ENOSPC) { /* the log did not fit */
		load.log_buf = load.log_size = load.log_level = 0;
		prog = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
	}
	if (prog < 0) {
		err = -errno;
		fail_detail(log);
		return err;
	}
	dir = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	attach.target_fd = (uint32_t)dir;
	attach.attach_bpf_fd = (uint32_t)prog;
	attach.attach_type = BPF_CGROUP_DEVICE;
	attach.attach_flags = BPF_F_ALLOW_MULTI;
	if (dir < 0 || syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach))
		err = -errno;
	if (dir >= 0)
		close(dir);
	close(prog);
	return err;
}

int op_hostname(struct op *op)
{
	const char *name = op_str(op);

	return sethostname(name, strlen(name)) ? -errno : 0;
}

int op_domainname(struct op *op)
{
	const char *name = op_str(op);

	return setdomainname(name, strlen(name)) ? -errno : 0;
}

int op_kill_cgroup(struct op *op)
{
	struct list procs = op_list(op), again;
	const char *kill_file = op_str(op), *path;
	struct timespec pause = {0, 500000};
	int fd;

	if (*kill_file && (fd = open(kill_file, O_WRONLY | O_CLOEXEC)) >= 0) {
		if (write(fd, "1", 1) < 0) {
			close(fd);
			return -errno;
		}
		close(fd);
	}
	for (int round = 0; round < 1000; round++) {
		bool any = false;

		again = procs;
		while (list_str(&again, &path)) {
			char buf[8192], *p = buf, *end;
			uint64_t pid;
			ssize_t n = -1;

			fail_path(path);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			if (fd >= 0) {
				n = read_small(fd, buf, sizeof buf);
				close(fd);
			}
			/* whole lines only: the buffer may end inside a number, which is another process's */
			while (n > 0 && (end = strchr(p, '\n')) && parse_number(p, &pid) == 0) {
				any = true;
				if (pid > 1 && pid != (uint64_t)getpid())
					kill((pid_t)pid, SIGKILL);
				p = end + 1;
			}
		}
		if (!any)
			return 0;
		nanosleep(&pause, NULL);
	}
	return -EBUSY;
}
