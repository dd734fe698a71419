/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */

/* The fields of the kernel's structures that taskiter.c reads, and nothing else.
 * Where they stand in a structure does not matter here: the attribute below makes
 * the loader put the running kernel's offsets (/sys/kernel/btf/vmlinux) in their
 * place. What later kernels renamed has a second structure with ___ in its name,
 * which the loader takes for the same one. */

#pragma once

typedef unsigned char u8;
typedef unsigned int u32;
typedef int s32;
typedef unsigned long long u64;
typedef long long s64;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* include/linux/ns_common.h */
struct ns_common {
	u32 inum;
};

/* include/linux/pid.h, include/linux/pid_namespace.h */
struct pid_namespace {
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	u32 level;
	struct upid numbers[1];
};

/* the namespaces that include/linux/nsproxy.h points to */
struct uts_namespace {
	struct ns_common ns;
};
struct ipc_namespace {
	struct ns_common ns;
};
struct mnt_namespace {
	struct ns_common ns;
};
struct net {
	struct ns_common ns;
};
struct cgroup_namespace {
	struct ns_common ns;
};
struct user_namespace {
	struct ns_common ns;
};

/* include/linux/time_namespace.h */
struct timespec64 {
	s64 tv_sec;
	long tv_nsec;
};
struct timens_offsets {
	struct timespec64 boottime;
};
struct time_namespace {
	struct ns_common ns;
	struct timens_offsets offsets;
};

struct nsproxy {
	struct uts_namespace *uts_ns;
	struct ipc_namespace *ipc_ns;
	struct mnt_namespace *mnt_ns;
	struct net *net_ns;
	struct cgroup_namespace *cgroup_ns;
	struct time_namespace *time_ns;
};

/* include/linux/signal_types.h */
typedef struct {
	unsigned long sig[1];
} sigset_t;

struct sigpending {
	sigset_t signal;
};

struct sigaction {
	void *sa_handler;
	unsigned long sa_flags;
};

struct k_sigaction {
	struct sigaction sa;
};

/* include/linux/sched/signal.h */
struct sighand_struct {
	struct k_sigaction action[64];
};

struct rlimit {
	unsigned long rlim_cur;
};

struct signal_struct {
	int nr_threads;
	struct sigpending shared_pending;
	int group_exit_code;
	u32 flags;
	u32 is_child_subreaper : 1;
	struct pid *pids[4];
	struct rlimit rlim[16];
};

/* include/linux/cred.h */
typedef struct {
	u32 val;
} kuid_t;

typedef struct {
	u64 val; /* Linux before 6.3 has two halves, low first: the same bytes */
} kernel_cap_t;

struct cred {
	kuid_t uid, euid, suid, fsuid;
	kernel_cap_t cap_effective;
	struct user_namespace *user_ns;
};

/* include/linux/cgroup-defs.h, include/linux/kernfs.h */
struct kernfs_node {
	u64 id;
};
struct cgroup {
	struct kernfs_node *kn;
};
struct css_set {
	struct cgroup *dfl_cgrp;
};

/* include/linux/sched.h */
struct task_struct {
	u32 __state;
	u32 flags;
	u32 ptrace;
	int exit_state;
	int exit_code;
	struct task_struct *real_parent;
	struct task_struct *parent;
	struct pid *thread_pid;
	u64 start_boottime;
	struct cred *real_cred;
	char comm[16];
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	struct sighand_struct *sighand;
	sigset_t blocked;
	sigset_t real_blocked;
	struct sigpending pending;
	struct css_set *cgroups;
};

/* before Linux 5.14 */
struct task_struct___before_5_14 {
	long state;
};

/* include/linux/bpf.h and kernel/bpf/task_iter.c */
struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	u64 seq_num;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

/* enum pid_type of include/linux/pid.h */
#define PIDTYPE_TGID 1
#define PIDTYPE_PGID 2
#define PIDTYPE_SID 3

#define MAX_PID_NS_LEVEL 32 /* include/linux/pid_namespace.h */
#define LEVELS_MASK 63	    /* which all numbers of levels have room in */

#define SIGNAL_GROUP_EXIT 0x00000004 /* include/linux/sched/signal.h */

/* include/uapi/asm-generic/signal.h, resource.h and signal-defs.h: the same on
 * x86 and ARM */
#define SIGCHLD 17
#define SIGNALS 64
#define SIG_DFL 0
#define SIG_IGN 1
#define SA_NOCLDWAIT 0x00000002
#define SA_NODEFER 0x40000000
#define SA_RESETHAND 0x80000000
#define RLIMIT_NPROC 6

/* include/uapi/linux/bpf.h: the numbers of the helpers */
static u64 (*bpf_get_current_task)(void) = (void *)35;
static long (*bpf_probe_read_kernel)(void *to, u32 size, const void *from) = (void *)113;
static long (*bpf_seq_write)(struct seq_file *seq, const void *data, u32 size) = (void *)127;

/* Since Linux 6.2; before, no pointer is trusted more than others. */
extern void *bpf_rdonly_cast(const void *object, u32 type) __attribute__((section(".ksyms"), weak));
