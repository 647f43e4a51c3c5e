/*
 * Ports that are published for IPv4 answer at ::1, too: who connects to one there is connected to 127.0.0.1 instead, by a small program
 * that the kernel runs at every connect(2) of an IPv6 socket. The data path stays the kernel's, and nothing stands in it. The program goes
 * with its owner, the guard. A kernel that cannot do it (Linux 5.12, CONFIG_CGROUP_BPF) refuses connections to ::1 as without.
 */
#include "resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

enum { MAX_INSNS = 96, TUPLE = -40, TUPLE_LEN = 36 };

static struct bpf_insn insns[MAX_INSNS];
static unsigned count;
static int map = -1;

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof *attr);
}

static unsigned put(uint8_t code, uint8_t dst, uint8_t src, int16_t off, int32_t imm)
{
	if (count < MAX_INSNS)
		insns[count] = (struct bpf_insn){.code = code, .dst_reg = dst & 15, .src_reg = src & 15, .off = off, .imm = imm};
	return count++;
}

static void put64(uint8_t dst, uint8_t src, uint64_t value, uint32_t high)
{
	put(BPF_LD | BPF_DW | BPF_IMM, dst, src, 0, (int32_t)(uint32_t)value);
	put(0, 0, 0, 0, (int32_t)high);
}

#define FIELD(name) ((int16_t)offsetof(struct bpf_sock_addr, name))
#define LOAD(dst, name) put(BPF_LDX | BPF_MEM | BPF_W, dst, BPF_REG_6, FIELD(name), 0)
#define CALL(function) put(BPF_JMP | BPF_CALL, 0, 0, 0, function)
#define COPY(dst, src) put(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define SET(dst, value) put(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, value)
#define WITH(what, dst, value) put(BPF_ALU64 | (what) | BPF_K, dst, 0, 0, value)

static void write_program(uint64_t host)
{
	unsigned leave[16], n = 0, tcp, udp, looked_up;

	COPY(BPF_REG_6, BPF_REG_1);
	/* to ::1, from the host's network */
	for (int16_t i = 0; i < 4; i++) {
		put(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_0, BPF_REG_6, (int16_t)(FIELD(user_ip6) + i * 4), 0);
		leave[n++] = put(BPF_JMP32 | BPF_JNE | BPF_K, BPF_REG_0, 0, 0, i == 3 ? (int32_t)htonl(1) : 0);
	}
	COPY(BPF_REG_1, BPF_REG_6);
	CALL(BPF_FUNC_get_netns_cookie);
	put64(BPF_REG_1, 0, host, (uint32_t)(host >> 32));
	leave[n++] = put(BPF_JMP | BPF_JNE | BPF_X, BPF_REG_0, BPF_REG_1, 0, 0);
	/* to a published port: r8 the bitmap of the protocol, r9 the port */
	LOAD(BPF_REG_7, protocol);
	SET(BPF_REG_8, 0);
	tcp = put(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_7, 0, 0, IPPROTO_TCP);
	leave[n++] = put(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_7, 0, 0, IPPROTO_UDP);
	SET(BPF_REG_8, PORT_BITMAP);
	insns[tcp].off = (int16_t)(count - tcp - 1);
	LOAD(BPF_REG_9, user_port);
	put(BPF_ALU | BPF_END | BPF_TO_BE, BPF_REG_9, 0, 0, 16);
	COPY(BPF_REG_1, BPF_REG_9);
	WITH(BPF_AND, BPF_REG_1, 0xffff);
	WITH(BPF_RSH, BPF_REG_1, 3);
	put(BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_1, BPF_REG_8, 0, 0);
	put64(BPF_REG_2, BPF_PSEUDO_MAP_VALUE, (uint32_t)map, 0);
	put(BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_2, BPF_REG_1, 0, 0);
	put(BPF_LDX | BPF_MEM | BPF_B, BPF_REG_3, BPF_REG_2, 0, 0);
	COPY(BPF_REG_4, BPF_REG_9);
	WITH(BPF_AND, BPF_REG_4, 7);
	put(BPF_ALU64 | BPF_RSH | BPF_X, BPF_REG_3, BPF_REG_4, 0, 0);
	WITH(BPF_AND, BPF_REG_3, 1);
	leave[n++] = put(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_3, 0, 0, 0);
	/* unless a program of the host has it open there */
	for (int16_t i = 0; i < 8; i++)
		put(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, (int16_t)(TUPLE + i * 4), i % 4 == 3 ? (int32_t)htonl(1) : 0);
	put(BPF_ALU | BPF_END | BPF_TO_BE, BPF_REG_9, 0, 0, 16);
	put(BPF_ST | BPF_MEM | BPF_H, BPF_REG_10, 0, TUPLE + 32, 0);
	put(BPF_STX | BPF_MEM | BPF_H, BPF_REG_10, BPF_REG_9, TUPLE + 34, 0);
	COPY(BPF_REG_1, BPF_REG_6);
	COPY(BPF_REG_2, BPF_REG_10);
	WITH(BPF_ADD, BPF_REG_2, TUPLE);
	SET(BPF_REG_3, TUPLE_LEN);
	SET(BPF_REG_4, BPF_F_CURRENT_NETNS);
	SET(BPF_REG_5, 0);
	udp = put(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_7, 0, 0, IPPROTO_UDP);
	CALL(BPF_FUNC_sk_lookup_tcp);
	looked_up = put(BPF_JMP | BPF_JA, 0, 0, 0, 0);
	insns[udp].off = (int16_t)(count - udp - 1);
	CALL(BPF_FUNC_sk_lookup_udp);
	insns[looked_up].off = (int16_t)(count - looked_up - 1);
	put(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 3, 0);
	COPY(BPF_REG_1, BPF_REG_0);
	CALL(BPF_FUNC_sk_release);
	leave[n++] = put(BPF_JMP | BPF_JA, 0, 0, 0, 0);
	/* ::ffff:127.0.0.1 */
	SET(BPF_REG_1, (int32_t)htonl(0xffff));
	put(BPF_STX | BPF_MEM | BPF_W, BPF_REG_6, BPF_REG_1, (int16_t)(FIELD(user_ip6) + 8), 0);
	SET(BPF_REG_1, (int32_t)htonl(INADDR_LOOPBACK));
	put(BPF_STX | BPF_MEM | BPF_W, BPF_REG_6, BPF_REG_1, (int16_t)(FIELD(user_ip6) + 12), 0);
	for (unsigned i = 0; i < n; i++)
		insns[leave[i]].off = (int16_t)(count - leave[i] - 1);
	SET(BPF_REG_0, 1);
	put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static int make_map(void)
{
	union bpf_attr a = {0};

	a.map_type = BPF_MAP_TYPE_ARRAY;
	a.key_size = sizeof(uint32_t);
	a.value_size = PORT_BITMAPS;
	a.max_entries = 1;
	return (int)bpf(BPF_MAP_CREATE, &a);
}

static int load_program(void)
{
	union bpf_attr a = {0};

	a.prog_type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR;
	a.expected_attach_type = BPF_CGROUP_INET6_CONNECT;
	a.insns = (uintptr_t)insns;
	a.insn_cnt = count;
	a.license = (uintptr_t)"GPL";
	return (int)bpf(BPF_PROG_LOAD, &a);
}

/* A place where all of the one hierarchy that everybody is in is mounted: its root open, -ENOENT when it is nowhere, or -1. */
static int mounted_root_group(void)
{
	FILE *table = fopen("/proc/self/mountinfo", "re");
	char *line = NULL, root[PATH_MAX], place[PATH_MAX];
	size_t room = 0;
	int found = table ? -ENOENT : -1;

	while (table && found < 0 && getline(&line, &room, table) > 0) {
		struct statfs fs;

		if (!strstr(line, " - cgroup2 ") || sscanf(line, "%*s %*s %*s %4095s %4095s", root, place) != 2 || strcmp(root, "/"))
			continue;
		found = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		/* something else may be mounted over it */
		if (found >= 0 && (fstatfs(found, &fs) || fs.f_type != CGROUP2_SUPER_MAGIC)) {
			close(found);
			found = -1;
		}
	}
	free(line);
	if (table)
		fclose(table);
	return found;
}

/*
 * The root of that hierarchy. A new mount of it would take away the options that the host gave it (nsdelegate, memory_recursiveprot),
 * wherever it is mounted: so only where it is not.
 */
static int root_group(void)
{
	int fs, mount = mounted_root_group();

	if (mount != -ENOENT)
		return mount;
	fs = (int)syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC);
	if (fs >= 0 && !syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (fs >= 0)
		close(fs);
	return mount;
}

/* The link's descriptor stays open until the end, and is not inherited. */
static bool attach(int program)
{
	union bpf_attr a = {0};
	int group = root_group();
	bool attached;

	a.link_create.prog_fd = (uint32_t)program;
	a.link_create.target_fd = (uint32_t)group;
	a.link_create.attach_type = BPF_CGROUP_INET6_CONNECT;
	attached = group >= 0 && bpf(BPF_LINK_CREATE, &a) >= 0;
	if (group >= 0)
		close(group);
	return attached;
}

static bool host_cookie(uint64_t *cookie)
{
	socklen_t len = sizeof *cookie;
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool known = sock >= 0 && !getsockopt(sock, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &len);

	if (sock >= 0)
		close(sock);
	return known;
}

static bool begin(void)
{
	uint64_t cookie;
	int program = -1;
	bool attached;

	map = make_map();
	if (map >= 0 && host_cookie(&cookie)) {
		write_program(cookie);
		program = load_program();
	}
	attached = program >= 0 && attach(program);
	if (program >= 0)
		close(program);
	if (!attached && map >= 0)
		close(map);
	return attached;
}

/* From now on these ports answer at ::1: a bit for each of TCP, then of UDP. The program is there once there is one. */
void loopback_ports(const uint8_t bitmaps[PORT_BITMAPS])
{
	static const uint8_t none[PORT_BITMAPS];
	static enum { NOT_YET, RUNNING, IMPOSSIBLE } state;
	union bpf_attr a = {0};
	uint32_t key = 0;

	if (state == NOT_YET && memcmp(bitmaps, none, PORT_BITMAPS))
		state = begin() ? RUNNING : IMPOSSIBLE;
	if (state != RUNNING)
		return;
	a.map_fd = (uint32_t)map;
	a.key = (uintptr_t)&key;
	a.value = (uintptr_t)bitmaps;
	bpf(BPF_MAP_UPDATE_ELEM, &a);
}
