#include "keeper.h"
#include <unistd.h>
#include <errno.h>
#include <sys/wait.h>
int monitor_prepare(void) { return 0; }
void monitor(void)
{
	char c; int st; uint32_t ex[2];
	if (read_all(K.control, &c, 1) || c != CMD_GO) finish_failed();
	sync_send(SYNC_GO, 0, -1);
	int r; while ((r = sync_receive()) > 0);
	if (r < 0) finish_failed();
	control_send(MSG_STARTED, "", 0);
	while (waitpid(K.child, &st, 0) < 0 && errno == EINTR);
	ex[0] = WEXITSTATUS(st); ex[1] = WIFSIGNALED(st) ? WTERMSIG(st) : 0;
	struct failure f; K.reaped = true; run_tolerant(SIDE_CLEANUP, &f);
	control_send(MSG_EXITED, ex, 8);
	_exit(0);
}
