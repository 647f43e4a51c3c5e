/* The end: killing, collecting, the exit record, cleanup. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ends the child, if there is one, and waits for it: with a pid namespace everything in it is gone then. */
void kill_child(void)
{
	if (K.child <= 0 || K.reaped)
		return;
	if (K.pidfd < 0 || syscall(SYS_pidfd_send_signal, K.pidfd, SIGKILL, NULL, 0))
		kill(K.child, SIGKILL);
	while (waitpid(K.child, &K.child_status, 0) < 0 && errno == EINTR)
		;
	K.reaped = true;
}

/* A start that failed or was given up: nothing of it may stay. */
void finish_failed(void)
{
	struct failure original = K.fail, ignored;

	K.aborted = true;
	kill_child();
	run_tolerant(SIDE_CLEANUP, &ignored);
	unlink("go");
	unlink("status");
	unlink("ctl");
	K.fail = original;
	control_fail();
	_exit(1);
}
