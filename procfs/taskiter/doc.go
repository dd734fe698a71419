// Package taskiter reads the processes of a host from the kernel's own iterator
// over tasks, by a BPF program. It makes the same procfs.Snapshot as package procfs
// does, in few reads, and tells of each process what no file in /proc does: who is a
// child subreaper, which signals are awaited, which handlers reset themselves.
//
// It does not know containers, and does not decide what its facts mean. What the
// program cannot give without the risk to hang on a process's own memory (the
// argument vector), or what has its form from a file system (control groups, maps of
// user IDs), is read from /proc.
package taskiter
