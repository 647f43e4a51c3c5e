/*
 * launch KEEPER PROGRAM ARGUMENT... runs PROGRAM with a keeper beside it that already waits for a plan.
 *
 * A keeper takes a few milliseconds to start, and forking it from a process of Node's size a few more. Started from here it is
 * ready while Node still boots, on another processor. BERTH_PREPARED_KEEPER tells PROGRAM "descriptor:pid:owner": the control
 * channel, the keeper, and PROGRAM's own pid, so that what PROGRAM starts later does not take it for its own. A keeper that gets no plan ends when the channel closes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CONTROL_FD = 3 };

/* In the child: standard streams to /dev/null, the channel as descriptor 3, nothing else, no environment. */
static void become_keeper(const char *path, int channel)
{
	char *argv[] = {"berth-keeper", NULL}, *env[] = {NULL};
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 || dup2(channel, CONTROL_FD) < 0)
		_exit(126);
	syscall(SYS_close_range, CONTROL_FD + 1, ~0U, 0);
	execve(path, argv, env);
	_exit(126);
}

int main(int argc, char **argv)
{
	char prepared[96];
	int pair[2];
	pid_t keeper;

	if (argc < 3) {
		fputs("usage: launch KEEPER PROGRAM [ARGUMENT...]\n", stderr);
		return 125;
	}
	/* Without a keeper the program starts one itself when it needs it. */
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0) {
		keeper = fork();
		if (keeper == 0)
			become_keeper(argv[1], pair[1]);
		close(pair[1]);
		if (keeper > 0) {
			snprintf(prepared, sizeof prepared, "%d:%d:%d", pair[0], (int)keeper, (int)getpid());
			setenv("BERTH_PREPARED_KEEPER", prepared, 1);
		} else {
			close(pair[0]);
		}
	}
	execv(argv[2], argv + 2);
	fprintf(stderr, "berth: cannot run %s: %s\n", argv[2], strerror(errno));
	return 125;
}
