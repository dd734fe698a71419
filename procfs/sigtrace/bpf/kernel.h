/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */

/* The fields of the kernel's structures that sigtrace.c reads beside those that
 * taskiter.c reads too. A structure with ___ in its name is for the loader the one
 * whose name stands before that. */

#pragma once

#include "../../taskiter/bpf/kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* include/linux/kernfs.h; before Linux 6.15 the parent has the shorter name */
struct kernfs_node___named {
	const char *name;
	struct kernfs_node *__parent;
};
struct kernfs_node___before_6_15 {
	struct kernfs_node *parent;
};

/* include/linux/cgroup-defs.h */
struct cgroup_subsys_state {
	struct cgroup *cgroup;
};
struct css_set___subsys {
	struct cgroup_subsys_state *subsys[16];
};
enum cgroup_subsys_id___pids {
	pids_cgrp_id,
};

/* include/linux/sched.h, include/linux/sched/signal.h, include/linux/types.h */
typedef struct {
	int counter;
} atomic_t;
struct task_struct___signalled {
	struct task_struct *group_leader;
	int tgid;
	int pdeath_signal;
};
struct signal_struct___ended {
	atomic_t live;
};

/* include/linux/signal_types.h: the first fields of struct kernel_siginfo */
struct kernel_siginfo {
	int si_signo;
	int si_errno;
	int si_code;
};

#pragma clang attribute pop

/* A raw tracepoint's arguments (include/uapi/linux/bpf.h). */
struct bpf_raw_tracepoint_args {
	u64 args[0];
};

#define PF_EXITING 0x00000004 /* include/linux/sched.h */
#define SIGNAL_UNKILLABLE 0x00000040 /* include/linux/sched/signal.h */
#define SIGKILL 9

/* include/uapi/linux/bpf.h: kinds of maps, flags, and the numbers of the helpers */
#define BPF_MAP_TYPE_HASH 1
#define BPF_MAP_TYPE_PERCPU_ARRAY 6
#define BPF_MAP_TYPE_LRU_HASH 9
#define BPF_MAP_TYPE_RINGBUF 27
#define BPF_ANY 0

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_map_update_elem)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*bpf_map_delete_elem)(void *map, const void *key) = (void *)3;
static long (*bpf_probe_read_kernel_str)(void *to, u32 size, const void *from) = (void *)115;
static u64 (*bpf_ktime_get_boot_ns)(void) = (void *)125;
static long (*bpf_ringbuf_output)(void *ringbuf, void *data, u64 size, u64 flags) = (void *)130;
