//go:build ignore

/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */

/* One record for every task of the reader's PID namespace, threads and zombies
 * among them (BPF_PROG_TYPE_TRACING, iter/task). What it tells is what
 * fs/proc/array.c prints of a task in /proc/PID/stat and status, taken from the same
 * fields, and some that no file shows. */

#include "kernel.h"

#define SEC(name) __attribute__((section(name), used))

/* The kernel lets a program call bpf_probe_read_kernel, bpf_seq_write and
 * bpf_get_current_task only if it declares a licence that is compatible with the
 * GPL. This file and kernel.h can be had under either of two; only their object, and
 * nothing that is linked into the plugin, is loaded into the kernel. */
SEC("license") const char _license[] = "GPL";

struct task_numbers {
	u32 pid;
	u32 sid;
};

/* The order of the namespaces is that of the field ns. */
struct task_record {
	u64 start_ns;
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
	u32 pid;
	u32 tgid;
	u32 ppid;
	u32 pgid;
	u32 sid;
	u32 tracer;
	u32 state;
	u32 exit_state;
	u32 flags;
	u32 threads;
	u32 exit_code;
	u32 signal_flags;
	u32 uids[4];
	u32 ns[8]; /* pid uts ipc net mnt user cgroup time */
	u8 comm[16];
	u8 subreaper;
	u8 no_child_wait;
	u8 levels;
	u8 reserved[5];
	struct task_numbers chain[MAX_PID_NS_LEVEL + 1];
};

/* What is known of the reader while it reads. One reader at a time: each loads a
 * program with a memory of its own. */
static struct {
	struct pid_namespace *ns;
	u32 level;
	u64 boottime;
} reader;

/* Too large for the stack of a program. */
static struct task_record record;
static u8 actions[SIGNALS * 64];

/* The verifier looks through all of the kernel's types for the name of each pointer
 * that is followed as in C, for some two milliseconds: where there are many, what
 * they point to is read with this. */
#define READ(to, from) bpf_probe_read_kernel(&(to), sizeof(to), &(from))

#define FIELD_SIZE 1
#define FIELD_BYTE_OFFSET 0
#define FIELD_EXISTS 2
#define FIELD_LSHIFT 4
#define FIELD_RSHIFT 5

/* Which number the pid has in the reader's namespace, as pid_nr_ns. */
static u32 number_of(const struct pid *pid)
{
	struct upid u = {};
	u32 level = 0;

	if (!pid)
		return 0;
	READ(level, pid->level);
	if (level < reader.level)
		return 0;
	READ(u, pid->numbers[reader.level]);
	return u.ns == reader.ns ? u.nr : 0;
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

/* The numbers of the process and of its session in each namespace from the
 * reader's inwards, as task_state prints NSpid and NSsid. */
static void read_chain(const struct pid *pid, const struct pid *session)
{
	u32 level = pid->level, session_level = 0;

	if (session)
		READ(session_level, session->level);

	for (u32 i = 0; i <= MAX_PID_NS_LEVEL; i++) {
		struct upid own = {}, its = {};
		u32 g = reader.level + i;

		if (g > level || g > MAX_PID_NS_LEVEL)
			break;
		READ(own, pid->numbers[g]);
		record.chain[i].pid = own.nr;
		record.chain[i].sid = 0;
		if (session && session_level >= g) {
			READ(its, session->numbers[g]);
			if (its.ns == own.ns)
				record.chain[i].sid = its.nr;
		}
		record.levels = i + 1;
	}
}

/* The inode number of the namespace that a pointer of a structure leads to. */
#define INUM(to, pointer)                        \
	do {                                     \
		typeof(pointer) namespace = 0;   \
		READ(namespace, pointer);        \
		READ(to, namespace->ns.inum);    \
	} while (0)

static void read_namespaces(struct task_struct *task, const struct pid *pid, struct cred *cred)
{
	struct nsproxy *nsproxy = task->nsproxy;
	struct upid u = {};
	u32 level = pid->level;

	if (level <= MAX_PID_NS_LEVEL)
		READ(u, pid->numbers[level]);
	if (u.ns)
		READ(record.ns[0], u.ns->ns.inum);
	INUM(record.ns[5], cred->user_ns);
	if (!nsproxy)
		return; /* a zombie */
	INUM(record.ns[1], nsproxy->uts_ns);
	INUM(record.ns[2], nsproxy->ipc_ns);
	INUM(record.ns[3], nsproxy->net_ns);
	INUM(record.ns[4], nsproxy->mnt_ns);
	INUM(record.ns[6], nsproxy->cgroup_ns);
	if (__builtin_preserve_field_info(nsproxy->time_ns, FIELD_EXISTS))
		INUM(record.ns[7], nsproxy->time_ns);
}

/* 1 where the two are the same, else 0: without a branch. The verifier follows both
 * ways of each, which in a loop over all signals made loading slow. */
static u64 same(u64 a, u64 b)
{
	u64 x = a ^ b;

	return ((x | -x) >> 63) ^ 1;
}

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
static void read_actions(struct task_struct *task)
{
	struct sighand_struct *sighand = 0;
	const u32 size = __builtin_preserve_type_info(*(struct k_sigaction *)0, 1);
	const u32 handler_at = __builtin_preserve_field_info(((struct sigaction *)0)->sa_handler, FIELD_BYTE_OFFSET);
	const u32 flags_at = __builtin_preserve_field_info(((struct sigaction *)0)->sa_flags, FIELD_BYTE_OFFSET);
	u64 ignored = 0, standing = 0, resets = 0, undeferred = 0;

	READ(sighand, task->sighand);
	if (!sighand || size > 64 || handler_at > 56 || flags_at > 56)
		return;
	if (bpf_probe_read_kernel(actions, SIGNALS * size, sighand->action))
		return;
	if (!any_action(size, handler_at, flags_at))
		return;
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
	record.no_child_wait = (*(u64 *)&actions[(SIGCHLD - 1) * size + flags_at] & SA_NOCLDWAIT) != 0;
}

static void read_subreaper(struct signal_struct *signal)
{
	u64 word = 0;
	u32 size = __builtin_preserve_field_info(signal->is_child_subreaper, FIELD_SIZE);

	if (size > sizeof(word))
		return;
	bpf_probe_read_kernel(&word, size, (void *)signal + __builtin_preserve_field_info(signal->is_child_subreaper, FIELD_BYTE_OFFSET));
	word <<= __builtin_preserve_field_info(signal->is_child_subreaper, FIELD_LSHIFT);
	record.subreaper = word >> __builtin_preserve_field_info(signal->is_child_subreaper, FIELD_RSHIFT);
}

/* What a process has once, whatever number of threads it has. */
static void read_process(struct task_struct *task, struct signal_struct *signal)
{
	record.threads = signal->nr_threads;
	record.signal_flags = signal->flags;
	if (record.signal_flags & SIGNAL_GROUP_EXIT)
		record.exit_code = signal->group_exit_code;
	record.shared_pending = signal->shared_pending.signal.sig[0];
	record.max_processes = signal->rlim[RLIMIT_NPROC].rlim_cur;
	read_subreaper(signal);
	read_actions(task);
}

static void read_groups(struct task_struct *task)
{
	struct kernfs_node *node = 0;
	struct cgroup *unified = 0;
	struct css_set *set = 0;

	READ(set, task->cgroups);
	READ(unified, set->dfl_cgrp);
	READ(node, unified->kn);
	READ(record.cgroup_id, node->id);
	record.css_set = (u64)set;
}

static u32 parent_of(struct task_struct *task)
{
	struct signal_struct *signal = 0;
	struct task_struct *parent = 0;
	struct pid *pid = 0;

	READ(parent, task->real_parent);
	READ(signal, parent->signal);
	READ(pid, signal->pids[PIDTYPE_TGID]);
	return number_of(pid);
}

static u32 tracer_of(struct task_struct *task)
{
	struct task_struct *tracer = 0;
	struct pid *pid = 0;

	READ(tracer, task->parent);
	READ(pid, tracer->thread_pid);
	return number_of(pid);
}

static void read_task(struct task_struct *task, struct cred *cred)
{
	if (__builtin_preserve_field_info(task->__state, FIELD_EXISTS))
		record.state = task->__state;
	else
		record.state = ((struct task_struct___before_5_14 *)task)->state;
	record.exit_state = task->exit_state;
	record.exit_code = task->exit_code;
	record.flags = task->flags;
	record.start_ns = task->start_boottime + reader.boottime;
	record.blocked = task->blocked.sig[0];
	record.real_blocked = task->real_blocked.sig[0];
	record.pending = task->pending.signal.sig[0];
	record.uids[0] = cred->uid.val;
	record.uids[1] = cred->euid.val;
	record.uids[2] = cred->suid.val;
	record.uids[3] = cred->fsuid.val;
	READ(record.effective, cred->cap_effective);
	READ(record.comm, task->comm);
	read_groups(task);
}

SEC("iter/task")
int tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct seq_file *seq = ctx->meta->seq;
	struct pid *pid, *pids[4] = {};
	struct signal_struct *signal;
	struct cred *cred;
	u32 length;

	if (!task)
		return 0;
	if (ctx->meta->seq_num == 0)
		read_reader();
	pid = task->thread_pid;
	if (!pid)
		return 0; /* it has just been reaped */
	__builtin_memset(&record, 0, sizeof(record) - sizeof(record.chain));
	signal = task->signal;
	cred = task->real_cred;
	READ(pids, signal->pids);
	record.pid = number_of(pid);
	record.tgid = pids[PIDTYPE_TGID] == pid ? record.pid : number_of(pids[PIDTYPE_TGID]);
	record.pgid = number_of(pids[PIDTYPE_PGID]);
	record.sid = number_of(pids[PIDTYPE_SID]);
	record.ppid = parent_of(task);
	if (task->ptrace)
		record.tracer = tracer_of(task);
	read_task(task, cred);
	read_namespaces(task, pid, cred);
	read_chain(pid, pids[PIDTYPE_SID]);
	if (record.pid == record.tgid)
		read_process(task, signal);
	length = record.levels;
	if (length > MAX_PID_NS_LEVEL + 1)
		return 0;
	length = sizeof(record) - sizeof(record.chain) + length * sizeof(struct task_numbers);
	bpf_seq_write(seq, &record, length);
	return 0;
}
