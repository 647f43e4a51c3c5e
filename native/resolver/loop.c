/* One epoll loop, a clock, and random numbers. */
#include "resolver.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 64, LATER_MAX = 4096, LONGEST_SLEEP_MS = 60000 };

uint64_t now_ms;
static int epoll = -1;
static uint64_t wake_at;
static void *later[LATER_MAX];
static size_t later_count;
static uint64_t state = 1;

static void read_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	now_ms = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void random_seed(void)
{
	if (getrandom(&state, sizeof state, 0) != sizeof state)
		_exit(1);
	state |= 1;
}

/* For the order of answers only; what must not be guessed is drawn from the kernel. */
uint32_t random_number(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 0x2545f4914f6cdd1dULL) >> 32);
}

void loop_prepare(void)
{
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		_exit(1);
	random_seed();
	read_clock();
}

void watch_start(struct watch *w, int fd, uint32_t events, void (*event)(struct watch *w, uint32_t events))
{
	struct epoll_event e = {.events = events, .data.ptr = w};

	w->fd = fd;
	w->event = event;
	w->events = events;
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
}

void watch_change(struct watch *w, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.ptr = w};

	if (w->fd < 0 || w->events == events)
		return;
	w->events = events;
	epoll_ctl(epoll, EPOLL_CTL_MOD, w->fd, &e);
}

/* Closes the descriptor. Copies of it may live in other processes, so that it must leave the epoll by hand. */
void watch_stop(struct watch *w)
{
	if (w->fd < 0)
		return;
	epoll_ctl(epoll, EPOLL_CTL_DEL, w->fd, NULL);
	close(w->fd);
	w->fd = -1;
}

/* Memory that an event of this round may still point to. */
void free_later(void *memory)
{
	if (later_count < LATER_MAX)
		later[later_count++] = memory; /* beyond that it is lost: a round has far fewer events */
}

/* Ticks come at this time or earlier. */
void loop_wake_at(uint64_t ms)
{
	if (!wake_at || ms < wake_at)
		wake_at = ms;
}

void loop_run(void)
{
	struct epoll_event events[EVENTS];

	for (;;) {
		uint64_t sleep = wake_at <= now_ms ? 0 : wake_at - now_ms;
		int n;

		if (!wake_at || sleep > LONGEST_SLEEP_MS)
			sleep = LONGEST_SLEEP_MS;
		n = epoll_wait(epoll, events, EVENTS, (int)sleep);
		read_clock();
		for (int i = 0; i < n; i++) {
			struct watch *w = events[i].data.ptr;

			if (w->fd >= 0)
				w->event(w, events[i].events);
		}
		if (wake_at && now_ms >= wake_at) {
			wake_at = 0;
			forward_tick();
			keepers_tick();
		}
		while (later_count)
			free(later[--later_count]);
	}
}
