/*
 * Numbers shared with src/sys/keeper/encode.ts. A test compares the two files.
 *
 * Plan:  u32 "BRTH" | u32 version | u32 total length | u32 op count | settings op | ops...
 * Op:    u32 length (all of it) | u16 opcode | u8 side | u8 n | u16 tolerated errno [n] | fields
 * Field: i  u64
 *        s  u32 length, bytes without NUL, NUL
 *        b  u32 length, any bytes, NUL
 *        p  place: i slot or -1, s path
 *        l  u32 count, then so many s         B  u32 count, then so many b
 * All little endian, unaligned.
 */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#define PLAN_MAGIC 0x48545242u
#define PLAN_VERSION 1u
#define PLAN_MAX (16u << 20)
#define ABSENT UINT64_MAX

enum side { SIDE_BEFORE, SIDE_MIDDLE, SIDE_PARENT, SIDE_CHILD, SIDE_STARTED, SIDE_CLEANUP, SIDE_COUNT };

/* opcode, number, fields, sides it may have (bits) */
#define S_B (1 << SIDE_BEFORE)
#define S_M (1 << SIDE_MIDDLE)
#define S_P (1 << SIDE_PARENT)
#define S_C (1 << SIDE_CHILD)
#define S_S (1 << SIDE_STARTED)
#define S_X (1 << SIDE_CLEANUP)
#define S_ALL (S_B | S_M | S_P | S_C | S_S | S_X)

/* clang-format off */
#define OPCODES(X) \
	X(settings, 1, "iiiiiiiiiiissssllllssllisiiibbbbbi", 0) \
	/* files */ \
	X(mkdir, 10, "piiiii", S_ALL) \
	X(write, 11, "pbiii", S_ALL) \
	X(open, 12, "ipii", S_ALL) \
	X(open_child, 13, "isi", S_P) \
	X(open_process, 14, "iii", S_B | S_M | S_P) \
	X(connect, 15, "is", S_ALL) \
	X(close, 16, "i", S_ALL) \
	X(symlink, 17, "psi", S_ALL) \
	X(mknod, 18, "piiiiiii", S_ALL) \
	X(own, 19, "piii", S_ALL) \
	X(unlink, 20, "p", S_ALL) \
	X(rmdir, 21, "pi", S_ALL) \
	X(remove_tree, 22, "pi", S_ALL) \
	/* mounts */ \
	X(new_mount, 30, "isli", S_ALL) \
	X(clone_mount, 31, "ipi", S_ALL) \
	X(mount_attributes, 32, "piiiii", S_ALL) \
	X(attach, 33, "ipi", S_ALL) \
	X(unmount, 34, "pi", S_ALL) \
	X(remount, 35, "pl", S_ALL) \
	X(mask, 36, "p", S_C) \
	X(read_only, 37, "p", S_C) \
	X(copy_up, 38, "pi", S_C) \
	X(map_namespace, 39, "ibb", S_B) \
	X(pivot_root, 40, "ii", S_C) \
	X(fill_volume, 41, "pis", S_C) \
	/* namespaces, control groups, network */ \
	X(clone, 50, "ii", S_B | S_M) \
	X(unshare, 51, "i", S_M | S_C) \
	X(join_namespaces, 52, "ii", S_B | S_M | S_C) \
	X(time_namespace, 53, "ii", S_B) \
	X(id_maps, 54, "bbiss", S_P) \
	X(join_cgroups, 55, "l", S_M | S_P | S_C) \
	X(device_filter, 56, "sb", S_B | S_P) \
	X(netlink, 57, "iBbl", S_ALL) \
	X(hostname, 58, "s", S_C) \
	X(domainname, 59, "s", S_C) \
	X(name_sockets, 60, "ii", S_C) \
	X(netlink_batches, 61, "ipb", S_X) \
	/* the process */ \
	X(post, 70, "", S_P | S_C) \
	X(wait, 71, "", S_P | S_C) \
	X(gate, 72, "", S_C) \
	X(run, 73, "sllssiis", S_ALL) \
	X(terminal, 74, "piiiipi", S_C) \
	X(rlimit, 75, "iii", S_P | S_C) \
	X(umask, 76, "i", S_C) \
	X(credentials, 77, "iiibiiiiii", S_C) \
	X(no_new_privileges, 78, "", S_C) \
	X(seccomp, 79, "biil", S_C) \
	X(chdir, 80, "s", S_C) \
	X(scheduler, 81, "iiiiiii", S_C) \
	X(io_priority, 82, "i", S_C) \
	X(cpu_affinity, 83, "b", S_C) \
	X(personality, 84, "i", S_C) \
	X(session_keyring, 85, "s", S_C) \
	X(find_program, 86, "ss", S_C) \
	X(exec, 87, "ssll", S_C) \
	X(kill_cgroup, 88, "ls", S_X | S_P) \
	X(home, 89, "i", S_C) \
	X(memory_policy, 90, "ib", S_C) \
	X(send_pidfd, 91, "s", S_P)
/* clang-format on */

enum opcode {
#define X(name, number, fields, sides) OP_##name = number,
	OPCODES(X)
#undef X
		OP_COUNT
};

enum mode { MODE_SUPERVISE, MODE_HANDOFF, MODE_FOREGROUND };
enum stdio_kind { STDIO_TERMINAL, STDIO_PIPES, STDIO_NULL, STDIO_INHERIT };
enum stdin_mode { STDIN_CLOSED, STDIN_OPEN, STDIN_ONCE };
enum names_when { NAMES_WHEN_ASKED, NAMES_AT_ONCE, NAMES_SOON };
enum log_driver { LOG_NONE, LOG_JSON_FILE };
enum forward_kind { FORWARD_NONE, FORWARD_UNIX_DATAGRAM, FORWARD_UNIX_STREAM, FORWARD_UDP, FORWARD_TCP };
enum { FORWARD_BUFFER_MAX = 1 << 30 }; /* bytes */
enum forward_time { FORWARD_NO_TIME, FORWARD_RFC3164, FORWARD_RFC3339 };

/* Why an op failed, where errno alone does not tell. */
enum reason {
	REASON_NONE,
	REASON_MALFORMED,
	REASON_NOT_FOUND,
	REASON_NOT_EXECUTABLE,
	REASON_DIRECTORY,
	REASON_NO_INTERPRETER,
	REASON_BAD_FORMAT,
	REASON_WRONG_MACHINE,
	REASON_NOEXEC_MOUNT,
	REASON_CHILD_DIED,
	REASON_PROGRAM_FAILED,
	REASON_TIMEOUT,
	REASON_OUTSIDE_ROOT,
	REASON_CRLF_INTERPRETER,
};

/* Control channel, keeper -> TypeScript: u32 length of the rest, u8 type, payload. */
#define MSG_READY 'R' /* u32 pid: before its plan, of each keeper that was started with others */
#define MSG_CREATED 'C' /* u32 pid */
#define MSG_STARTED 'S'
#define MSG_FAILED 'F' /* u8 side, u16 opcode, u32 index, i32 errno, u8 reason, s path, s detail (u16 lengths) */
#define MSG_EXITED 'X' /* foreground mode: u32 code, u32 signal; after CMD_GO_WATCH: the exit record */
/*
 * TypeScript -> keeper: one byte. The end of the stream before GO means ABORT. With GO_WATCH a supervising keeper keeps the channel
 * as a watcher that acknowledges the exit (any byte) unless it leaves first.
 */
#define CMD_GO 'G'
#define CMD_GO_WATCH 'W'
#define CMD_ABORT 'A'

/* Control socket: u32 length of the rest, u8 type, payload; both ways. After the OK to an attach the connection is raw. */
#define CTL_ATTACH 'A' /* u8 streams (1 stdin, 2 stdout, 4 stderr), detach keys */
#define CTL_RESIZE 'R' /* u16 rows, u16 columns */
#define CTL_SIGNAL 'K' /* i32 number */
#define CTL_CLOSE_STDIN 'I'
#define CTL_WAIT 'W'  /* u8 1: will acknowledge; answered now with OK and at the exit with EXIT */
#define CTL_NAMES 'N' /* from now on the name server sockets are handed to the resolver */
#define CTL_OK 'O'    /* to attach: u64 bytes of the current log file, u32 rotations so far */
#define CTL_ERROR 'E' /* u32 errno */
#define CTL_EXIT 'X'  /* the exit record */
#define CTL_ACK 'a'

/* Keeper <-> child. */
#define SYNC_POST 'P'
#define SYNC_READY 'R'
#define SYNC_GO 'G'
#define SYNC_MASTER 'M'
#define SYNC_LISTENER 'L'
#define SYNC_ACK 'A'
#define SYNC_ERROR 'E'
#define SYNC_CLONED 'N'
#define SYNC_NAMES 'D' /* with a name server socket; value: which */

#endif
