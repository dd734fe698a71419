// Package limit says which limit the next fork of a container hits first, how far it
// is, and what fills it: pids.max of control groups (groups.go), RLIMIT_NPROC of users
// (users.go), and the host's own (host.go).
//
// It counts what a capture holds of the whole host once (tally.go), and says where that
// is not all. It does not know what signals or namespaces are.
package limit
