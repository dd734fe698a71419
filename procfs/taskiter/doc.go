// Package taskiter reads the processes of a host from the kernel's own iterator over tasks, by
// a BPF program. It makes the same procfs.Snapshot as package read, in few reads. It also has
// facts of each process that no file in /proc has: whether it is a child subreaper, which
// signals its threads wait for, and which handlers reset themselves.
//
// The package does not know containers, and does not decide what its facts mean. Some facts
// are read from /proc. The program could hang on the memory of a process if it read the
// argument vector. The form of control groups and of maps of user IDs comes from a file
// system.
package taskiter
