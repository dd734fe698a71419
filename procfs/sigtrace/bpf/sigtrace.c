//go:build ignore

/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */

/* One record for each signal that the kernel generates for a process in a PID
 * namespace below the reader's, or in a control group that the reader watches; for
 * each end of such a process that somebody asks about; and, if wanted, for each fork and
 * exec, and for the end of its zombie (BPF_PROG_TYPE_RAW_TRACEPOINT).
 *
 * A host sends itself SIGCHLD and ends processes all the time. So the first thing
 * that each program asks is whose the process is, which costs a few loads for those
 * that are nobody's. Nothing here waits, and nothing stays: the kernel removes the
 * programs when the reader's descriptors close, however it ends. */

#include "kernel.h"

#define SEC(name) __attribute__((section(name), used))

/* As in taskiter.c: only the object of this file is loaded into the kernel. */
SEC("license") const char _license[] = "GPL";

#define GLOBAL __attribute__((noinline))
#define INLINE static inline __attribute__((always_inline))
#define READ(to, from) bpf_probe_read_kernel(&(to), sizeof(to), &(from))

#define FIELD_EXISTS 2
#define ENUM_VALUE 1
#define ENUM_EXISTS 0

/* Deeper PID namespaces, groups and ancestors than these are not told. */
#define LEVELS 8
#define ANCESTORS 6
#define COMPONENTS 8
#define NAME_SIZE 96

/* The kinds of records, in the order of the kinds of events (event.go). */
#define KIND_SIGNAL 1
#define KIND_OOM_VICTIM 2
#define KIND_EXIT 3
#define KIND_FORK 4
#define KIND_EXEC 5
#define KIND_FREE 6
#define KINDS 7

/* What came with a signal. */
#define INFO_USER 0 /* SEND_SIG_NOINFO: as if by kill(2) of the current task */
#define INFO_KERNEL 1 /* SEND_SIG_PRIV */
#define INFO_GIVEN 2

#define HANDLER_DEFAULT 0
#define HANDLER_IGNORE 1
#define HANDLER_CAUGHT 2

struct who {
	u64 start_ns;
	u64 group; /* cgroup v2 */
	u64 pids_group; /* the group of the pids controller, where that is another */
	u32 tid;
	u32 uid;
	u32 flags;
	u32 levels;
	u32 numbers[LEVELS];
	u32 namespaces[LEVELS];
	u8 comm[16];
};

struct ancestor {
	u64 start_ns;
	u32 pid;
	u32 uid;
	u8 comm[16];
};

struct event {
	u64 time_ns;
	u32 kind;
	u32 exit_code;
	u32 signal;
	s32 code;
	u32 result;
	u32 parent_death; /* the signal that it asked for by PR_SET_PDEATHSIG */
	u32 parent;  /* of a process whose zombie is no more */
	u32 victim; /* before Linux 6.8 all that is known of one: its PID in the first namespace */
	u8 info;
	u8 to_group;
	u8 handler;
	u8 blocked;
	u8 unkillable;
	u8 unused[3];
	struct who subject;
	struct who actor;
	struct ancestor ancestors[ANCESTORS]; /* of the actor, its parent first */
};

/* The path of a control group, its own name first. */
struct group_path {
	u8 names[COMPONENTS][NAME_SIZE];
};

struct task_key {
	u64 start_ns;
	u64 task; /* its address */
};

#define MAP(name, kind, entries, key_type, value_type)                                                                         \
	struct {                                                                                                               \
		int(*type)[kind];                                                                                              \
		int(*max_entries)[entries];                                                                                    \
		key_type *key;                                                                                                 \
		value_type *value;                                                                                             \
	} name __attribute__((section(".maps"), used))

/* What is written, and its size, which the reader sets before it loads. */
struct {
	int(*type)[BPF_MAP_TYPE_RINGBUF];
	int(*max_entries)[1 << 20];
} events __attribute__((section(".maps"), used));

/* Too large for the stack of a program. Each kind of record has its own: a program
 * does not interrupt itself, but a timer's signal interrupts others. */
MAP(event_room, BPF_MAP_TYPE_PERCPU_ARRAY, KINDS, u32, struct event);
MAP(path_room, BPF_MAP_TYPE_PERCPU_ARRAY, KINDS, u32, struct group_path);

/* IDs of groups are those of one hierarchy. */
#define OF_PIDS (1ULL << 63)

/* The paths of the groups that records name. */
MAP(groups, BPF_MAP_TYPE_LRU_HASH, 4096, u64, struct group_path);

/* Groups of containers that have no PID namespace of their own; how they are known
 * to the reader does not matter here. */
MAP(watched_groups, BPF_MAP_TYPE_HASH, 4096, u64, u8);
/* The PID namespaces that are wanted, if not all of them. */
MAP(watched_namespaces, BPF_MAP_TYPE_HASH, 4096, u32, u8);
/* Processes that got a signal that was told: their ends are told too. */
MAP(signalled, BPF_MAP_TYPE_LRU_HASH, 16384, struct task_key, u8);
/* Processes whose ends were told and that are not yet free, by their numbers. */
MAP(ended, BPF_MAP_TYPE_LRU_HASH, 65536, struct task_key, u32);

/* Set when the program is loaded. */
const volatile u8 all_namespaces = 0; /* every PID namespace below the reader's */
const volatile u8 everything = 0; /* each fork, exec, end and signal */

/* Set by the reader while the programs run. */
u32 group_count = 0; /* how many watched_groups has */
/* Set by the programs. */
u64 lost = 0; /* records for which the ring buffer had no room */
u64 reader_namespace = 0; /* an address */
u32 reader_level = 0;
u64 reader_boottime = 0; /* what its time namespace adds to the time since boot */

INLINE struct task_struct *leader_of(struct task_struct *task)
{
	struct task_struct *leader = 0;

	READ(leader, ((struct task_struct___signalled *)task)->group_leader);
	return leader;
}

/* When it started since boot, in the reader's time namespace. */
INLINE u64 started(struct task_struct *leader)
{
	u64 ns = 0;

	READ(ns, leader->start_boottime);
	return ns + reader_boottime;
}

INLINE u32 level_of(struct task_struct *task, struct pid **pid)
{
	u32 level = 0;

	*pid = 0;
	READ(*pid, task->thread_pid);
	if (*pid)
		READ(level, (*pid)->level);
	return level;
}

INLINE int upid_at(struct pid *pid, u32 level, struct upid *u)
{
	return bpf_probe_read_kernel(u, sizeof(*u), &pid->numbers[level & LEVELS_MASK]);
}

/* Its cgroup v2 group. */
INLINE struct cgroup *default_group(struct task_struct *task)
{
	struct css_set *set = 0;
	struct cgroup *group = 0;

	READ(set, task->cgroups);
	READ(group, set->dfl_cgrp);
	return group;
}

/* Its group of the pids controller, which can be the same. */
INLINE struct cgroup *group_of_pids(struct task_struct *task)
{
	struct css_set *set = 0;
	struct cgroup_subsys_state *state = 0;
	struct cgroup *group = 0;
	u32 at;

	if (!__builtin_preserve_enum_value(*(enum cgroup_subsys_id___pids *)pids_cgrp_id, ENUM_EXISTS))
		return 0;
	at = __builtin_preserve_enum_value(*(enum cgroup_subsys_id___pids *)pids_cgrp_id, ENUM_VALUE);
	READ(set, task->cgroups);
	if (!set || at > 15)
		return 0;
	bpf_probe_read_kernel(&state, sizeof(state), (void *)((struct css_set___subsys *)set)->subsys + at * sizeof(state));
	if (state)
		READ(group, state->cgroup);
	return group;
}

INLINE struct kernfs_node *parent_of(struct kernfs_node *node)
{
	struct kernfs_node *parent = 0;
	struct kernfs_node___named *now = (void *)node;

	if (__builtin_preserve_field_info(now->__parent, FIELD_EXISTS))
		READ(parent, now->__parent);
	else
		READ(parent, ((struct kernfs_node___before_6_15 *)node)->parent);
	return parent;
}

INLINE int group_watched(struct cgroup *group, u64 hierarchy)
{
	struct kernfs_node *node = 0;
	u64 id;

	if (group)
		READ(node, group->kn);
	for (u32 i = 0; i < COMPONENTS && node; i++) {
		id = 0;
		READ(id, node->id);
		id |= hierarchy;
		if (bpf_map_lookup_elem(&watched_groups, &id))
			return 1;
		node = parent_of(node);
	}
	return 0;
}

/* Is it a process that the reader asks about? */
INLINE int is_wanted(struct task_struct *task)
{
	struct pid *pid;
	struct upid u = {};
	u32 level = level_of(task, &pid);
	u32 inum;

	if (!pid)
		return 0;
	if (level > reader_level) {
		upid_at(pid, reader_level, &u);
		if ((u64)u.ns != reader_namespace)
			return 0;
		if (all_namespaces)
			return 1;
		for (u32 i = 1; i < LEVELS; i++) {
			if (reader_level + i > level)
				break;
			upid_at(pid, reader_level + i, &u);
			inum = 0;
			READ(inum, u.ns->ns.inum);
			if (bpf_map_lookup_elem(&watched_namespaces, &inum))
				return 1;
		}
	}
	if (!*(volatile u32 *)&group_count)
		return 0;
	return group_watched(default_group(task), 0) || group_watched(group_of_pids(task), OF_PIDS);
}

/* Is it PID 1 of a PID namespace below the reader's? */
INLINE int is_init(struct task_struct *task)
{
	struct pid *pid;
	struct upid u = {};
	u32 level = level_of(task, &pid);

	if (!pid || level <= reader_level)
		return 0;
	upid_at(pid, level, &u);
	return u.nr == 1;
}

static u64 remember_group(struct cgroup *group, u64 hierarchy, u32 room)
{
	struct kernfs_node *node = 0;
	struct group_path *path;
	const char *name;
	u64 id = 0;

	if (!group)
		return 0;
	READ(node, group->kn);
	if (!node)
		return 0;
	READ(id, node->id);
	id |= hierarchy;
	if (bpf_map_lookup_elem(&groups, &id))
		return id;
	path = bpf_map_lookup_elem(&path_room, &room);
	if (!path)
		return id;
	for (u32 i = 0; i < COMPONENTS; i++) {
		path->names[i][0] = 0;
		if (!node)
			continue;
		name = 0;
		READ(name, ((struct kernfs_node___named *)node)->name);
		if (name)
			bpf_probe_read_kernel_str(path->names[i], NAME_SIZE, name);
		node = parent_of(node);
	}
	bpf_map_update_elem(&groups, &id, path, BPF_ANY);
	return id;
}

INLINE void read_who(struct who *who, struct task_struct *task, u32 kind)
{
	struct task_struct *leader = leader_of(task);
	struct cred *cred = 0;
	struct cgroup *group, *pids;
	struct upid u;
	struct pid *pid, *own;
	u32 level = level_of(leader, &pid), n = 0;
	u32 task_level = level_of(task, &own);

	who->start_ns = started(leader);
	READ(who->flags, task->flags);
	READ(who->comm, leader->comm);
	READ(cred, task->real_cred);
	READ(who->uid, cred->uid);
	for (u32 i = 0; i < LEVELS; i++) {
		who->numbers[i] = 0;
		who->namespaces[i] = 0;
		if (!pid || reader_level + i > level)
			continue;
		n = level - reader_level + 1;
		u.nr = 0;
		u.ns = 0;
		upid_at(pid, reader_level + i, &u);
		if (i == 0 && (u64)u.ns != reader_namespace)
			pid = 0; /* of another PID namespace: no number here */
		who->numbers[i] = u.nr;
		if (u.ns)
			READ(who->namespaces[i], u.ns->ns.inum);
	}
	who->levels = pid ? n : 0;
	who->tid = 0;
	if (own && task_level >= reader_level) {
		upid_at(own, reader_level, &u);
		who->tid = u.nr;
	}
	group = default_group(task);
	pids = group_of_pids(task);
	who->group = remember_group(group, 0, kind) & ~OF_PIDS;
	who->pids_group = pids == group ? 0 : remember_group(pids, OF_PIDS, kind);
}

/* The number in the reader's namespace. */
INLINE u32 number_of(struct task_struct *leader)
{
	struct pid *pid;
	struct upid u = {};

	if (level_of(leader, &pid) < reader_level || !pid)
		return 0;
	upid_at(pid, reader_level, &u);
	return (u64)u.ns == reader_namespace ? u.nr : 0;
}

INLINE void read_ancestors(struct event *event, struct task_struct *task)
{
	struct task_struct *parent, *leader = leader_of(task);
	struct cred *cred = 0;

	for (u32 i = 0; i < ANCESTORS; i++) {
		__builtin_memset(&event->ancestors[i], 0, sizeof(event->ancestors[i]));
		parent = 0;
		if (leader)
			READ(parent, leader->real_parent);
		if (!parent)
			continue;
		leader = leader_of(parent);
		event->ancestors[i].pid = number_of(leader);
		event->ancestors[i].start_ns = started(leader);
		READ(cred, leader->real_cred);
		READ(event->ancestors[i].uid, cred->uid);
		READ(event->ancestors[i].comm, leader->comm);
		if (event->ancestors[i].pid <= 1)
			leader = 0;
	}
}

INLINE struct event *new_event(u32 kind)
{
	struct event *event = bpf_map_lookup_elem(&event_room, &kind);

	if (!event)
		return 0;
	__builtin_memset(event, 0, __builtin_offsetof(struct event, subject));
	event->time_ns = bpf_ktime_get_boot_ns() + reader_boottime;
	event->kind = kind;
	return event;
}

/* Fills in who is the subject, who is the current task, and passes it on. */
static void send(struct event *event, struct task_struct *subject)
{
	struct task_struct *current = (void *)bpf_get_current_task();

	read_who(&event->subject, subject, event->kind);
	read_who(&event->actor, current, event->kind);
	read_ancestors(event, current);
	if (bpf_ringbuf_output(&events, event, sizeof(*event), 0))
		__sync_fetch_and_add(&lost, 1);
}

/* What the target does with the signal (kernel/signal.c, sig_handler_ignored). */
INLINE void read_action(struct event *event, struct task_struct *task)
{
	struct sighand_struct *sighand = 0;
	struct signal_struct *signal = 0;
	u64 handler = 0, blocked = 0, size = __builtin_preserve_type_info(*(struct k_sigaction *)0, 1);
	u32 flags = 0, at = event->signal - 1;

	READ(sighand, task->sighand);
	READ(signal, task->signal);
	if (sighand && at < SIGNALS)
		bpf_probe_read_kernel(&handler, sizeof(handler),
				      (void *)sighand->action + at * size + __builtin_preserve_field_info(((struct sigaction *)0)->sa_handler, 0));
	event->handler = handler == SIG_DFL ? HANDLER_DEFAULT : handler == SIG_IGN ? HANDLER_IGNORE : HANDLER_CAUGHT;
	READ(blocked, task->blocked.sig[0]);
	event->blocked = at < SIGNALS && (blocked >> (at & 63)) & 1;
	if (signal)
		READ(flags, signal->flags);
	event->unkillable = (flags & SIGNAL_UNKILLABLE) != 0;
	READ(event->parent_death, ((struct task_struct___signalled *)task)->pdeath_signal);
}

/* SI_USER and SI_KERNEL: by kill(2), or by the kernel itself. */
#define SI_KERNEL 0x80
#define FIRST_REAL_TIME 32
#define SIGPIPE 13
#define SIGALRM 14

INLINE struct task_key key_of(struct task_struct *leader)
{
	struct task_key key = {.start_ns = started(leader), .task = (u64)leader};

	return key;
}

INLINE void remember_signalled(struct task_struct *leader)
{
	struct task_key key = key_of(leader);
	u8 one = 1;

	bpf_map_update_elem(&signalled, &key, &one, BPF_ANY);
}

INLINE int was_signalled(struct task_struct *leader)
{
	struct task_key key = key_of(leader);

	if (!bpf_map_lookup_elem(&signalled, &key))
		return 0;
	bpf_map_delete_elem(&signalled, &key);
	return 1;
}

INLINE void remember_ended(struct task_struct *leader)
{
	struct task_key key = key_of(leader);
	u32 number = number_of(leader);

	bpf_map_update_elem(&ended, &key, &number, BPF_ANY);
}

/* Is the task of the process that runs? C libraries and programs send such signals to their own
 * threads all the time. */
INLINE int to_itself(struct task_struct *task)
{
	return leader_of(task) == leader_of((void *)bpf_get_current_task());
}

/* signal_generate(int sig, struct kernel_siginfo *info, struct task_struct *task,
 * int group, int result) */
SEC("raw_tracepoint/signal_generate")
int signal_generate(struct bpf_raw_tracepoint_args *ctx)
{
	u32 signal = ctx->args[0];
	struct kernel_siginfo *info = (void *)ctx->args[1];
	struct task_struct *task = (void *)ctx->args[2];
	struct event *event;

	if (!everything && (signal == SIGCHLD || ((signal == SIGPIPE || signal >= FIRST_REAL_TIME) && to_itself(task))))
		return 0;
	if (!is_wanted(task))
		return 0;
	event = new_event(KIND_SIGNAL);
	if (!event)
		return 0;
	event->signal = signal;
	event->to_group = ctx->args[3] != 0;
	event->result = ctx->args[4];
	event->info = (u64)info <= INFO_KERNEL ? (u64)info : INFO_GIVEN;
	if (event->info == INFO_GIVEN)
		READ(event->code, info->si_code);
	else if (event->info == INFO_KERNEL)
		event->code = SI_KERNEL;
	read_action(event, task);
	remember_signalled(leader_of(task));
	send(event, task);
	return 0;
}

/* mark_victim(struct task_struct *task, ...); before Linux 6.8 mark_victim(int pid),
 * which is the number of a host's process. */
SEC("raw_tracepoint/mark_victim")
int mark_victim(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	struct event *event = new_event(KIND_OOM_VICTIM);

	if (!event)
		return 0;
	if ((s64)ctx->args[0] < 0) {
		send(event, task);
		return 0;
	}
	event->victim = ctx->args[0];
	send(event, (void *)bpf_get_current_task());
	return 0;
}

INLINE u32 wait_status(struct task_struct *leader, struct signal_struct *signal)
{
	u32 flags = 0, code = 0;

	READ(flags, signal->flags);
	if (flags & SIGNAL_GROUP_EXIT)
		READ(code, signal->group_exit_code);
	else
		READ(code, leader->exit_code);
	return code;
}

/* sched_process_exit(struct task_struct *task, ...): for each thread, after it was
 * counted off. */
SEC("raw_tracepoint/sched_process_exit")
int sched_process_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0], *leader;
	struct signal_struct *signal = 0;
	struct event *event;
	int live = 0;
	u32 code;

	READ(signal, task->signal);
	READ(live, ((struct signal_struct___ended *)signal)->live.counter);
	if (live || !is_wanted(task))
		return 0;
	leader = leader_of(task);
	code = wait_status(leader, signal);
	if (!was_signalled(leader) && !everything && !(code & 0x7f) && !is_init(leader))
		return 0;
	event = new_event(KIND_EXIT);
	if (!event)
		return 0;
	event->exit_code = code;
	if (everything)
		remember_ended(leader);
	send(event, task);
	return 0;
}

/* sched_process_fork(struct task_struct *parent, struct task_struct *child) */
SEC("raw_tracepoint/sched_process_fork")
int sched_process_fork(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *child = (void *)ctx->args[1];
	struct event *event;

	if (child != leader_of(child) || !is_wanted(child))
		return 0;
	event = new_event(KIND_FORK);
	if (event)
		send(event, child);
	return 0;
}

/* sched_process_exec(struct task_struct *task, pid_t old_pid, struct linux_binprm *) */
SEC("raw_tracepoint/sched_process_exec")
int sched_process_exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	struct event *event;

	if (!is_wanted(task))
		return 0;
	event = new_event(KIND_EXEC);
	if (event)
		send(event, task);
	return 0;
}

/* sched_process_free(struct task_struct *task): some milliseconds after it was reaped,
 * when it has no number any more and nobody can look at it. Its last parent, who has
 * reaped it, still stands in it; that may have ended too, so only what the reader
 * knows of is believed. */
SEC("raw_tracepoint/sched_process_free")
int sched_process_free(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0], *parent = 0;
	struct task_key key = key_of(task);
	struct event *event;
	u32 *number = bpf_map_lookup_elem(&ended, &key);

	if (!number)
		return 0;
	event = new_event(KIND_FREE);
	if (!event)
		return 0;
	event->subject.start_ns = key.start_ns;
	event->subject.levels = 1;
	event->subject.numbers[0] = *number;
	bpf_map_delete_elem(&ended, &key);
	READ(parent, task->real_parent);
	event->parent = parent ? number_of(leader_of(parent)) : 0;
	if (bpf_ringbuf_output(&events, event, sizeof(*event), 0))
		__sync_fetch_and_add(&lost, 1);
	return 0;
}

/* Run once by the reader: whose numbers are told, and on whose clock. */
SEC("raw_tracepoint/sys_enter")
int find_reader(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *current = (void *)bpf_get_current_task();
	struct time_namespace *time = 0;
	struct nsproxy *nsproxy = 0;
	struct upid u = {};
	struct pid *pid;
	s64 seconds = 0;
	long nanoseconds = 0;

	reader_level = level_of(current, &pid);
	if (!pid)
		return 0;
	upid_at(pid, reader_level, &u);
	reader_namespace = (u64)u.ns;
	READ(nsproxy, current->nsproxy);
	if (!nsproxy || !__builtin_preserve_field_info(nsproxy->time_ns, FIELD_EXISTS))
		return 0;
	READ(time, nsproxy->time_ns);
	READ(seconds, time->offsets.boottime.tv_sec);
	READ(nanoseconds, time->offsets.boottime.tv_nsec);
	reader_boottime = seconds * 1000000000ULL + nanoseconds;
	return 0;
}
