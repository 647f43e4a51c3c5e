/*
 * Makes one system call under a filter and says what came of it.
 *   probe FILTER FLAGS NUMBER [ARG]...    prints "value VALUE" or "errno NUMBER"; "i386" before NUMBER uses int 0x80
 * With the listener flag (8) the parent answers the call's notification with errno 99.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *what)
{
	perror(what);
	exit(100);
}

static int install(const char *path, unsigned int flags)
{
	static struct sock_filter code[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, code, sizeof(code));
	if (size <= 0)
		fail(path);
	struct sock_fprog program = { (unsigned short)((size_t)size / sizeof(code[0])), code };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		fail("no_new_privs");
	int result = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	if (result < 0)
		fail("seccomp");
	return result;
}

static void answer(int listener)
{
	struct seccomp_notif request;
	memset(&request, 0, sizeof(request));
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request))
		fail("notif recv");
	struct seccomp_notif_resp response = { .id = request.id, .error = -99 };
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response))
		fail("notif send");
	exit(0);
}

static long call(int i386, long number, const long *a)
{
#ifdef __x86_64__
	if (i386) {
		long result;
		__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a[0]), "c"(a[1]), "d"(a[2]) : "memory", "r8", "r9", "r10", "r11");
		if (result < 0 && result > -4096) {
			errno = (int)-result;
			return -1;
		}
		return result;
	}
#endif
	(void)i386;
	return syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int main(int argc, char **argv)
{
	long args[6] = { 0 };
	if (argc < 4)
		return 100;
	unsigned int flags = (unsigned int)strtoul(argv[2], NULL, 0);
	int at = 3, i386 = strcmp(argv[3], "i386") == 0;
	at += i386;
	long number = (long)strtoull(argv[at], NULL, 0);
	for (int i = 0; i < 6 && at + 1 + i < argc; i++)
		args[i] = (long)strtoull(argv[at + 1 + i], NULL, 0);
	struct rlimit none = { 0, 0 };
	setrlimit(RLIMIT_CORE, &none);
	int listener = install(argv[1], flags);
	if (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) {
		pid_t pid = fork();
		if (pid == 0)
			answer(listener);
	}
	long result = call(i386, number, args);
	if (result < 0)
		printf("errno %d\n", errno);
	else
		printf("value %ld\n", result);
	fflush(stdout);
	_exit(0);
}
