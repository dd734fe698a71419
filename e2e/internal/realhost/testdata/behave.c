// behave WAY: one way of meeting SIGTERM a process. Static, so that it runs
// anywhere. The Go runtime catches nearly every signal, so Go cannot play these.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t flag;

static void forever(void) {
	for (;;) pause();
}

static sigset_t only(int sig) {
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, sig);
	return set;
}

static sigset_t blocked(int sig) {
	sigset_t set = only(sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return set;
}

static void on(int sig, void (*handler)(int), int flags) {
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
	sigaction(sig, &action, NULL);
}

static void leave(int sig) {
	(void)sig;
	_exit(0);
}
static void set_flag(int sig) {
	(void)sig;
	flag = 1;
}
static void raise_again(int sig) { raise(sig); }

static void thread(void *(*start)(void *)) {
	pthread_t made;
	if (pthread_create(&made, NULL, start, NULL)) _exit(1);
}

// ---- a handler ----

static void handler_exits(void) {
	on(SIGTERM, leave, 0);
	forever();
}
static void handler_returns(void) {
	on(SIGTERM, set_flag, SA_RESTART);
	forever();
}
// The main loop asks for the flag once a second.
static void flag_polled(void) {
	on(SIGTERM, set_flag, SA_RESTART);
	while (!flag) sleep(1);
}
// As node and many crash reporters do: back to the default, and again.
static void resets_and_raises(void) {
	on(SIGTERM, raise_again, SA_RESETHAND);
	forever();
}
static int self_pipe[2];
static void write_pipe(int sig) {
	(void)sig;
	if (write(self_pipe[1], "t", 1) != 1) _exit(1);
}
static void pipe_read(void) {
	char byte;
	if (pipe(self_pipe)) _exit(1);
	on(SIGTERM, write_pipe, SA_RESTART);
	if (read(self_pipe[0], &byte, 1) == 1) _exit(0);
	forever();
}
static void *leave_when_flagged(void *unused) {
	(void)unused;
	while (!flag) usleep(100000);
	_exit(0);
}
static void handler_in_thread(void) {
	thread(leave_when_flagged);
	on(SIGTERM, set_flag, SA_RESTART);
	blocked(SIGTERM); // after the thread was made: it alone hears
	forever();
}
static void sigsuspend_loop(void) {
	sigset_t none;
	blocked(SIGTERM);
	on(SIGTERM, set_flag, 0);
	sigemptyset(&none);
	while (!flag) sigsuspend(&none);
}
static void ppoll_loop(void) {
	sigset_t none;
	blocked(SIGTERM);
	on(SIGTERM, set_flag, 0);
	sigemptyset(&none);
	while (!flag) ppoll(NULL, 0, NULL, &none);
}

static void say(const char *line) {
	if (write(1, line, strlen(line)) < 0) _exit(1);
}
// It says when it has a handler, when that begins, and when it has cleaned up.
static void clean_up(int sig) {
	struct timespec half = {.tv_nsec = 500000000};
	(void)sig;
	say("handler begun\n");
	nanosleep(&half, NULL);
	say("handler ended\n");
	_exit(0);
}
static void cleans_up(void) {
	on(SIGTERM, clean_up, 0);
	say("handler set\n");
	forever();
}

// ---- a waiting thread ----

static void sigtimedwait_loop(void) {
	sigset_t set = blocked(SIGTERM);
	struct timespec second = {.tv_sec = 1};
	while (sigtimedwait(&set, NULL, &second) != SIGTERM) continue;
}
// Between two waits, each a moment, the masks look different.
static void sigtimedwait_often(void) {
	sigset_t set = blocked(SIGTERM);
	struct timespec moment = {.tv_nsec = 100000};
	while (sigtimedwait(&set, NULL, &moment) != SIGTERM)
		for (volatile int i = 0; i < 20000; i++) continue;
}
static void sigwait_main(void) {
	sigset_t set = blocked(SIGTERM);
	int sig;
	sigwait(&set, &sig);
}
static void *wait_and_leave(void *unused) {
	sigset_t set = only(SIGTERM);
	int sig;
	(void)unused;
	sigwait(&set, &sig);
	_exit(0);
}
static void sigwait_in_thread(void) {
	blocked(SIGTERM);
	thread(wait_and_leave);
	forever();
}
// Waits, but for another signal.
static void sigwait_other(void) {
	sigset_t set = blocked(SIGUSR1);
	int sig;
	blocked(SIGTERM);
	sigwait(&set, &sig);
}
// Hears SIGTERM and goes on.
static void sigwait_goes_on(void) {
	sigset_t set = blocked(SIGTERM);
	int sig;
	for (;;) sigwait(&set, &sig);
}

// ---- a descriptor ----

static int signal_descriptor(int sig) {
	sigset_t set = blocked(sig);
	return signalfd(-1, &set, SFD_CLOEXEC);
}
static void signalfd_read(void) {
	struct signalfd_siginfo info;
	if (read(signal_descriptor(SIGTERM), &info, sizeof info) < 0) _exit(1);
}
static void signalfd_epoll(void) {
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(epoll, EPOLL_CTL_ADD, signal_descriptor(SIGTERM), &event);
	epoll_wait(epoll, &event, 1, -1);
}
// The descriptor is there, and nobody reads it.
static void signalfd_unread(void) {
	signal_descriptor(SIGTERM);
	for (;;) sleep(1000);
}
static void signalfd_other(void) {
	struct signalfd_siginfo info;
	blocked(SIGTERM);
	if (read(signal_descriptor(SIGUSR1), &info, sizeof info) < 0) _exit(1);
}

// ---- deaf ----

static void ignored(void) {
	on(SIGTERM, SIG_IGN, 0);
	forever();
}
static void blocked_forever(void) {
	blocked(SIGTERM);
	for (;;) sleep(1000);
}
// Blocked for a while only, as around a critical section.
static void blocked_for_seconds(void) {
	sigset_t set = blocked(SIGTERM);
	on(SIGTERM, leave, 0);
	for (;;) {
		sigprocmask(SIG_BLOCK, &set, NULL);
		sleep(1);
		sigprocmask(SIG_UNBLOCK, &set, NULL);
	}
}
static void busy(void) {
	for (;;) continue;
}
static void busy_handler(void) {
	on(SIGTERM, leave, 0);
	busy();
}
// The handler waits for a lock that nobody gives back.
static void hangs(int sig) {
	(void)sig;
	forever();
}
static void handler_hangs(void) {
	on(SIGTERM, hangs, 0);
	forever();
}
static void kernel_reaps(void) {
	on(SIGCHLD, SIG_IGN, 0);
	forever();
}
static void no_cld_wait(void) {
	on(SIGCHLD, SIG_DFL, SA_NOCLDWAIT);
	forever();
}

// ---- parents ----

// The parent of a vfork waits, deaf, until the child has its own program.
static void vfork_parent(void) {
	on(SIGTERM, leave, 0);
	if (vfork() == 0) {
		sleep(1000);
		_exit(0);
	}
	forever();
}
static pid_t child;
static void pass_on(int sig) { kill(child, sig); }
// child_of makes a child that behaves, and passes SIGTERM on to it.
static void child_of(void (*behaviour)(void)) {
	if ((child = fork()) == 0) {
		behaviour();
		_exit(0);
	}
	on(SIGTERM, pass_on, SA_RESTART);
}
static void default_child(void) { forever(); }
static void waits_for_child(void) {
	child_of(default_child);
	waitpid(child, NULL, 0);
}
static void waits_for_deaf_child(void) {
	child_of(ignored);
	waitpid(child, NULL, 0);
}
static void reap_all(int sig) {
	(void)sig;
	while (waitpid(-1, NULL, WNOHANG) > 0) continue;
}
static void sigchld_reaps(void) {
	on(SIGCHLD, reap_all, SA_RESTART);
	for (;;) pause();
}
static void *reap_in_thread(void *unused) {
	(void)unused;
	for (;;)
		if (wait(NULL) < 0) usleep(100000);
	return NULL;
}
static void thread_reaps(void) {
	thread(reap_in_thread);
	forever();
}
static void main_thread_gone(void) {
	on(SIGTERM, leave, 0);
	thread(wait_and_leave);
	pthread_exit(NULL);
}

// ---- orphans ----

// orphan makes a grandchild under a name of its own that outlives its parent.
static void orphan(const char *name, unsigned milliseconds) {
	pid_t middle = fork();
	if (middle == 0) {
		if (fork() == 0) {
			prctl(PR_SET_NAME, name);
			usleep(milliseconds * 1000);
		}
		_exit(0);
	}
	waitpid(middle, NULL, 0);
}

static const struct {
	const char *name;
	void (*run)(void);
} ways[] = {
	{"default", forever},
	{"handler-exits", handler_exits},
	{"handler-returns", handler_returns},
	{"flag-polled", flag_polled},
	{"resets-and-raises", resets_and_raises},
	{"pipe-read", pipe_read},
	{"handler-in-thread", handler_in_thread},
	{"sigsuspend", sigsuspend_loop},
	{"ppoll", ppoll_loop},
	{"cleans-up", cleans_up},
	{"sigtimedwait", sigtimedwait_loop},
	{"sigtimedwait-often", sigtimedwait_often},
	{"sigwait", sigwait_main},
	{"sigwait-in-thread", sigwait_in_thread},
	{"sigwait-other", sigwait_other},
	{"sigwait-goes-on", sigwait_goes_on},
	{"signalfd-read", signalfd_read},
	{"signalfd-epoll", signalfd_epoll},
	{"signalfd-unread", signalfd_unread},
	{"signalfd-other", signalfd_other},
	{"ignored", ignored},
	{"blocked", blocked_forever},
	{"blocked-for-seconds", blocked_for_seconds},
	{"busy", busy},
	{"busy-handler", busy_handler},
	{"handler-hangs", handler_hangs},
	{"kernel-reaps", kernel_reaps},
	{"no-cld-wait", no_cld_wait},
	{"vfork-parent", vfork_parent},
	{"waits-for-child", waits_for_child},
	{"waits-for-deaf-child", waits_for_deaf_child},
	{"sigchld-reaps", sigchld_reaps},
	{"thread-reaps", thread_reaps},
	{"main-thread-gone", main_thread_gone},
};

int main(int argc, char **argv) {
	if (argc == 3 && strcmp(argv[1], "orphans") == 0) {
		// Comes from docker exec: without a stream of its own nobody waits for it.
		close(0), close(1), close(2);
		orphan(argv[2], 200);
		orphan(argv[2], 1000);
		return 0;
	}
	for (size_t i = 0; argc == 2 && i < sizeof ways / sizeof *ways; i++)
		if (strcmp(argv[1], ways[i].name) == 0) {
			ways[i].run();
			return 0;
		}
	fprintf(stderr, "usage: behave WAY | orphans NAME\n");
	return 2;
}
