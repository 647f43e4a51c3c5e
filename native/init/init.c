/*
 * The init program of `--init`: starts one command as its child, passes every signal on to it, reaps what dies, and
 * ends with the command's status (128 + signal when it was killed). Usage: init [--] COMMAND [ARGS...]
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_EXECUTABLE = 126, NOT_FOUND = 127, BY_SIGNAL = 128 };

/* In the child: a process group of its own, in the foreground when there is a terminal, then the command. */
static int become(char **argv, const sigset_t *before)
{
	int err;

	setpgid(0, 0);
	signal(SIGTTOU, SIG_IGN);
	if (tcsetpgrp(0, getpid()) && errno != ENOTTY && errno != EBADF && errno != ENXIO)
		fprintf(stderr, "init: cannot take the terminal: %s\n", strerror(errno));
	signal(SIGTTOU, SIG_DFL);
	sigprocmask(SIG_SETMASK, before, NULL);
	execvp(argv[0], argv);
	err = errno;
	fprintf(stderr, "exec: \"%s\": %s\n", argv[0],
		err == ENOENT && !strchr(argv[0], '/') ? "executable file not found in $PATH" : strerror(err));
	return err == ENOENT ? NOT_FOUND : NOT_EXECUTABLE;
}

/* Reaps all that have died. Returns the command's exit status once it has, otherwise -1. */
static int reap(pid_t command)
{
	int status, result = -1;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == command)
			result = WIFEXITED(status) ? WEXITSTATUS(status) : BY_SIGNAL + WTERMSIG(status);
	return result;
}

int main(int argc, char **argv)
{
	sigset_t all, before;
	pid_t command;
	int sig, result = -1;

	argv++;
	if (argc > 1 && strcmp(argv[0], "--") == 0)
		argv++;
	if (!argv[0]) {
		fprintf(stderr, "init: no command\n");
		return NOT_FOUND;
	}
	/* Where the process namespace is shared, init is not number 1: orphans come here all the same. */
	if (getpid() != 1)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	command = fork();
	if (command < 0) {
		fprintf(stderr, "init: cannot fork: %s\n", strerror(errno));
		return NOT_EXECUTABLE;
	}
	if (command == 0)
		_exit(become(argv, &before));
	while (result < 0) {
		if (sigwait(&all, &sig))
			continue;
		if (sig == SIGCHLD)
			result = reap(command);
		else if (sig != SIGTTIN && sig != SIGTTOU)
			kill(command, sig);
	}
	return result;
}
