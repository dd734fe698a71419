//go:build ignore

/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */

/* One record for every task of the reader's PID namespace, threads and zombies
 * among them (BPF_PROG_TYPE_TRACING, iter/task). What it tells is what
 * fs/proc/array.c prints of a task in /proc/PID/stat and status, taken from the same
 * fields, and some that no file shows.
 *
 * How pointers are followed decides what it costs. As in C, each step is one load at
 * run time, but of a pointer that the kernel trusts the verifier first looks through
 * all of the kernel's types for the name of the field, up to four times. So the task
 * is made one that is not trusted before it is followed. bpf_probe_read_kernel asks
 * nothing when the program is loaded, and costs some thirty loads when it runs. Where
 * there are loops or branches, functions that are not static are checked once, and
 * not on each way to them; as they take no pointers, they find theirs in a variable. */

#include "kernel.h"

#define SEC(name) __attribute__((section(name), used))

/* The kernel lets a program call bpf_probe_read_kernel, bpf_seq_write and
 * bpf_get_current_task only if it declares a licence that is compatible with the
 * GPL. This file and kernel.h can be had under either of two; only their object, and
 * nothing that is linked into the plugin, is loaded into the kernel. */
SEC("license") const char _license[] = "GPL";

/* As struct upid of the kernel. */
struct task_number {
	u32 nr;
	u32 padding; /* anything */
	u64 ns;
};

/* What a survey tells, of every process. */
struct task_head {
	u64 start_ns;
	u32 pid;
	u32 tgid;
	u32 ppid;
	u32 pgid;
	u32 sid;
	u32 state;
	u32 exit_state;
	u32 flags;
	u32 threads;
	u32 signal_flags;
	u32 pid_ns;
	u8 subreaper;
	u8 no_child_wait;
	u8 levels;
	u8 session_levels;
	u8 comm[16];
};

/* The order of the namespaces is that of the field ns. In the chain are the numbers
 * of the task in all PID namespaces from the reader's inwards, and then those of its
 * session. */
struct task_record {
	struct task_head head;
	u64 pending;
	u64 shared_pending;
	u64 blocked;
	u64 real_blocked;
	u64 ignored;
	u64 caught;
	u64 resets;
	u64 undeferred;
	u64 effective;
	u64 max_processes;
	u64 css_set;
	u64 cgroup_id;
	u32 tracer;
	u32 exit_code;
	u32 uids[4];
	u32 ns[8]; /* none uts ipc net mnt user cgroup time */
	struct task_number chain[2 * LEVELS_MASK + 1];
};

/* Set when the program is loaded: it writes heads only, of main threads only. */
const volatile u8 survey = 0;

/* What is known of the reader while it reads. One reader at a time: each loads a
 * program with a memory of its own. */
static struct {
	struct pid_namespace *ns;
	u32 level;
	u64 boottime;
	u64 seen; /* tasks, until now */
	u64 own; /* those among them of the reader's own process */
	u64 last_own; /* the place of the last of these */
	struct signal_struct *signal;
} reader;

/* Too large for the stack of a program. */
static struct task_record record;
static u8 actions[SIGNALS * 64];

/* What the functions that are not static are asked about. */
static struct {
	u64 number;
	u64 pid, session;
	u64 sighand;
} of;

#define GLOBAL __attribute__((noinline))

#define READ(to, from) bpf_probe_read_kernel(&(to), sizeof(to), &(from))

#define FIELD_SIZE 1
#define FIELD_BYTE_OFFSET 0
#define FIELD_EXISTS 2
#define FIELD_LSHIFT 4
#define FIELD_RSHIFT 5
#define TYPE_SIZE 1
#define TYPE_ID_TARGET 1

GLOBAL u32 nested_number(void)
{
	const struct pid *pid = (void *)of.number;
	struct upid u = {};
	u32 level = 0;

	READ(level, pid->level);
	if (level < reader.level)
		return 0;
	READ(u, pid->numbers[reader.level]);
	return u.ns == reader.ns ? u.nr : 0;
}

/* Which number the pid has in the reader's namespace, as pid_nr_ns. */
static u32 number_of(const struct pid *pid)
{
	if (!pid)
		return 0;
	if (reader.level == 0)
		return pid->numbers[0].nr;
	of.number = (u64)pid;
	return nested_number();
}

static void read_reader(void)
{
	struct task_struct *current = (void *)bpf_get_current_task();
	struct time_namespace *time = 0;
	struct nsproxy *nsproxy = 0;
	struct pid *pid = 0;
	struct upid u = {};
	s64 seconds = 0;
	long nanoseconds = 0;

	reader.own = 0;
	reader.last_own = -1;
	READ(reader.signal, current->signal);
	READ(pid, current->thread_pid);
	READ(reader.level, pid->level);
	READ(u, pid->numbers[reader.level]);
	reader.ns = u.ns;
	reader.boottime = 0;
	READ(nsproxy, current->nsproxy);
	if (!nsproxy || !__builtin_preserve_field_info(nsproxy->time_ns, FIELD_EXISTS))
		return;
	READ(time, nsproxy->time_ns);
	READ(seconds, time->offsets.boottime.tv_sec);
	READ(nanoseconds, time->offsets.boottime.tv_nsec);
	reader.boottime = seconds * 1000000000ULL + nanoseconds;
}

/* The numbers in the reader's namespace and those below it; how many. */
static u32 read_numbers(const struct pid *pid, u32 at)
{
	u32 level = 0, levels;

	READ(level, pid->level);
	levels = level - reader.level + 1;
	if (level < reader.level || levels > MAX_PID_NS_LEVEL + 1)
		return 0;
	/* The verifier does not see that it is so. */
	asm volatile("%0 &= %1" : "+r"(levels) : "i"(LEVELS_MASK));
	asm volatile("%0 &= %1" : "+r"(at) : "i"(LEVELS_MASK));
	if (bpf_probe_read_kernel(&record.chain[at], levels * sizeof(struct task_number), &pid->numbers[reader.level]))
		return 0;
	return levels;
}

/* What task_state prints as NSpid and NSsid. */
GLOBAL u32 read_chain(void)
{
	if (__builtin_preserve_type_info(*(struct upid *)0, TYPE_SIZE) != sizeof(struct task_number))
		return 0;
	record.head.levels = read_numbers((void *)of.pid, 0);
	if (of.session)
		record.head.session_levels = read_numbers((void *)of.session, record.head.levels);
	return 0;
}

/* The namespace in which the process has its innermost number. */
GLOBAL u32 read_pid_namespace(void)
{
	const struct pid *pid = (void *)of.pid;
	struct upid u = {};
	u32 level = 0;

	READ(level, pid->level);
	if (level > MAX_PID_NS_LEVEL)
		return 0;
	READ(u, pid->numbers[level]);
	if (u.ns)
		READ(record.head.pid_ns, u.ns->ns.inum);
	return 0;
}

static void read_namespaces(struct task_struct *task, struct cred *cred)
{
	struct nsproxy *nsproxy = task->nsproxy;

	record.ns[5] = cred->user_ns->ns.inum;
	if (!nsproxy)
		return; /* a zombie */
	record.ns[1] = nsproxy->uts_ns->ns.inum;
	record.ns[2] = nsproxy->ipc_ns->ns.inum;
	record.ns[3] = nsproxy->net_ns->ns.inum;
	record.ns[4] = nsproxy->mnt_ns->ns.inum;
	record.ns[6] = nsproxy->cgroup_ns->ns.inum;
	if (__builtin_preserve_field_info(nsproxy->time_ns, FIELD_EXISTS))
		record.ns[7] = nsproxy->time_ns->ns.inum;
}

/* 1 where the two are the same, else 0: without a branch. The verifier follows both
 * ways of each, and the compiler makes one of what it recognises. */
static u64 same(u64 a, u64 b)
{
	u64 x = a ^ b, y = -x;

	asm volatile("" : "+r"(y));
	return ((x | y) >> 63) ^ 1;
}

#define ACTION_SIZE __builtin_preserve_type_info(*(struct k_sigaction *)0, TYPE_SIZE)
#define HANDLER_AT __builtin_preserve_field_info(((struct sigaction *)0)->sa_handler, FIELD_BYTE_OFFSET)
#define FLAGS_AT __builtin_preserve_field_info(((struct sigaction *)0)->sa_flags, FIELD_BYTE_OFFSET)

/* Does any of the actions differ from the default? Of most processes none does. */
static int any_action(u32 size, u32 handler_at, u32 flags_at)
{
	u64 any = 0;

	for (u32 i = 0; i < SIGNALS; i++)
		any |= *(u64 *)&actions[i * size + handler_at] | *(u64 *)&actions[i * size + flags_at];
	return any != 0;
}

/* As collect_sigign_sigcatch, and the handlers that are good for one
 * time only, and those that their own signal interrupts. */
GLOBAL u32 read_actions(void)
{
	const struct sighand_struct *sighand = (void *)of.sighand;
	const u32 size = ACTION_SIZE, handler_at = HANDLER_AT, flags_at = FLAGS_AT;
	u64 ignored = 0, standing = 0, resets = 0, undeferred = 0;

	if (!sighand || size > 64 || handler_at > 56 || flags_at > 56)
		return 0;
	if (bpf_probe_read_kernel(actions, SIGNALS * size, sighand->action))
		return 0;
	if (!any_action(size, handler_at, flags_at))
		return 0;
	for (u32 i = 0; i < SIGNALS; i++) {
		u64 handler = *(u64 *)&actions[i * size + handler_at];
		u64 flags = *(u64 *)&actions[i * size + flags_at];

		ignored |= same(handler, SIG_IGN) << i;
		standing |= same(handler, SIG_DFL) << i;
		resets |= same(flags & SA_RESETHAND, SA_RESETHAND) << i;
		undeferred |= same(flags & SA_NODEFER, SA_NODEFER) << i;
	}
	record.ignored = ignored;
	record.caught = ~(ignored | standing);
	record.resets = resets & record.caught;
	record.undeferred = undeferred & record.caught;
	return 0;
}

/* Of all actions a survey reads one: most of a process's are in memory that nobody
 * else has touched of late. */
static void read_child_action(const struct sighand_struct *sighand)
{
	u64 flags = 0;

	if (!sighand)
		return; /* it has been reaped */
	bpf_probe_read_kernel(&flags, sizeof(flags), (void *)sighand->action + (SIGCHLD - 1) * ACTION_SIZE + FLAGS_AT);
	record.head.no_child_wait = (flags & SA_NOCLDWAIT) != 0;
}

static void read_subreaper(struct signal_struct *signal)
{
	u64 word = 0;
	u32 size = __builtin_preserve_field_info(signal->is_child_subreaper, FIELD_SIZE);

	if (size > sizeof(word))
		return;
	bpf_probe_read_kernel(&word, size, (void *)signal + __builtin_preserve_field_info(signal->is_child_subreaper, FIELD_BYTE_OFFSET));
	word <<= __builtin_preserve_field_info(signal->is_child_subreaper, FIELD_LSHIFT);
	record.head.subreaper = word >> __builtin_preserve_field_info(signal->is_child_subreaper, FIELD_RSHIFT);
}

static void read_head(struct task_struct *task, struct pid *pid, struct signal_struct *signal)
{
	record.head.pid = number_of(pid);
	record.head.tgid = number_of(signal->pids[PIDTYPE_TGID]);
	record.head.pgid = number_of(signal->pids[PIDTYPE_PGID]);
	record.head.sid = number_of(signal->pids[PIDTYPE_SID]);
	record.head.ppid = number_of(task->real_parent->signal->pids[PIDTYPE_TGID]);
	if (__builtin_preserve_field_info(task->__state, FIELD_EXISTS))
		record.head.state = task->__state;
	else
		record.head.state = ((struct task_struct___before_5_14 *)task)->state;
	record.head.exit_state = task->exit_state;
	record.head.flags = task->flags;
	record.head.start_ns = task->start_boottime + reader.boottime;
	READ(record.head.comm, task->comm);
	read_pid_namespace();
}

/* What a process has once, whatever number of threads it has. */
static void read_process(struct task_struct *task, struct signal_struct *signal)
{
	record.head.threads = signal->nr_threads;
	record.head.signal_flags = signal->flags;
	read_subreaper(signal);
	read_child_action(task->sighand);
	if (survey)
		return;
	if (record.head.signal_flags & SIGNAL_GROUP_EXIT)
		record.exit_code = signal->group_exit_code;
	record.shared_pending = signal->shared_pending.signal.sig[0];
	record.max_processes = signal->rlim[RLIMIT_NPROC].rlim_cur;
	of.sighand = (u64)task->sighand;
	read_actions();
}

static void read_rest(struct task_struct *task)
{
	struct cred *cred = task->real_cred;
	struct css_set *set = task->cgroups;

	__builtin_memset((void *)&record + sizeof(record.head), 0, sizeof(record) - sizeof(record.head) - sizeof(record.chain));
	if (task->ptrace)
		record.tracer = number_of(task->parent->thread_pid);
	record.exit_code = task->exit_code;
	record.blocked = task->blocked.sig[0];
	record.real_blocked = task->real_blocked.sig[0];
	record.pending = task->pending.signal.sig[0];
	record.uids[0] = cred->uid.val;
	record.uids[1] = cred->euid.val;
	record.uids[2] = cred->suid.val;
	record.uids[3] = cred->fsuid.val;
	READ(record.effective, cred->cap_effective);
	record.css_set = (u64)set;
	record.cgroup_id = set->dfl_cgrp->kn->id;
	read_namespaces(task, cred);
	read_chain();
}

/* Has it lost its own number? Of all that it has it loses that first. */
static int is_reaped(const struct task_struct *task)
{
	return !*(struct pid *const volatile *)&task->thread_pid;
}

/* A task that found no room in the reader's buffer comes again, with its number. */
static void count_own(const struct signal_struct *signal, u64 number)
{
	if (signal != reader.signal || number == reader.last_own)
		return;
	reader.own++;
	reader.last_own = number;
}

/* The last record is a head that is of no task, and says how many were seen, and
 * how many of them were the reader's own. */
static void write_end(struct seq_file *seq)
{
	__builtin_memset(&record.head, 0, sizeof(record.head));
	record.head.threads = reader.seen;
	record.head.sid = reader.own;
	bpf_seq_write(seq, &record, sizeof(record.head));
}

SEC("iter/task")
int tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct seq_file *seq = ctx->meta->seq;
	struct signal_struct *signal;
	struct pid *pid;
	u32 length;

	if (!task) {
		write_end(seq);
		return 0;
	}
	if (ctx->meta->seq_num == 0)
		read_reader();
	reader.seen = ctx->meta->seq_num + 1;
	if (bpf_rdonly_cast)
		task = bpf_rdonly_cast(task, __builtin_btf_type_id(*task, TYPE_ID_TARGET));
	pid = task->thread_pid;
	if (!pid)
		return 0; /* reaped since it was found */
	signal = task->signal;
	count_own(signal, ctx->meta->seq_num);
	if (survey && pid != signal->pids[PIDTYPE_TGID])
		return 0;
	__builtin_memset(&record.head, 0, sizeof(record.head));
	of.pid = (u64)pid;
	of.session = (u64)signal->pids[PIDTYPE_SID];
	read_head(task, pid, signal);
	if (!survey)
		read_rest(task);
	if (record.head.pid == record.head.tgid)
		read_process(task, signal);
	if (is_reaped(task))
		return 0; /* some of its numbers may be missing */
	if (survey) {
		bpf_seq_write(seq, &record, sizeof(record.head));
		return 0;
	}
	length = (record.head.levels & LEVELS_MASK) + (record.head.session_levels & LEVELS_MASK);
	length = sizeof(record) - sizeof(record.chain) + length * sizeof(struct task_number);
	bpf_seq_write(seq, &record, length);
	return 0;
}
