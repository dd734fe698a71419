// Package limit says which limit is the nearest to the next fork of a container, how far
// it is, and what uses it: pids.max of control groups (groups.go), RLIMIT_NPROC of users
// (users.go), and the host's own (host.go).
//
// It counts once what a capture has of the whole host (tally.go), and says if that is
// incomplete. It knows nothing of signals and namespaces.
package limit
