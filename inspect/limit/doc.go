// Package limit finds the limit that the next fork of a container reaches first, how much of
// it is left, and what fills it. Limits are pids.max of control groups (groups.go),
// RLIMIT_NPROC of users (users.go), and the limits of the host (host.go).
//
// It counts once what a capture has of the whole host (tally.go), and says if that is
// incomplete. It knows nothing of signals and namespaces.
package limit
